"""What whoever runs the machine may do about people, without signing in."""

from __future__ import annotations

from antiphon import log, tenancy
from antiphon.clock import SystemClock
from antiphon.database import open_database
from antiphon.settings import Settings

_log = log.get("people")


def reset_password(settings: Settings, email: str) -> str:
    """Give the user a new random password and end their sessions; returns it, it is stored nowhere in clear.

    `./antiphon user set-password E-MAIL`. Raises `NotFound`. A deactivated user stays deactivated.
    """
    password = tenancy.new_password()
    database = open_database(settings)
    try:
        user = database.run_sync(lambda tx: tenancy.set_password(tx, email, password, SystemClock().now()))
    finally:
        database.close()
    _log.info("password reset on the machine", user_id=user.id)
    return password
