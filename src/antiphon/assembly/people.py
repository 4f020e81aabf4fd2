"""What whoever runs the machine may do about people, without signing in."""

from __future__ import annotations

from antiphon import tenancy
from antiphon.clock import SystemClock
from antiphon.database import open_database
from antiphon.settings import Settings


def reset_password(settings: Settings, email: str) -> str:
    """Give the user a new random password and end their sessions; returns it, it is stored nowhere in clear.

    `./antiphon user set-password E-MAIL`. Raises `NotFound`. A deactivated user stays deactivated.
    """
    password = tenancy.new_password()
    database = open_database(settings)
    try:
        database.run_sync(lambda tx: tenancy.set_password(tx, email, password, SystemClock().now()))
    finally:
        database.close()
    return password
