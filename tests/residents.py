"""Companies with people in them, and a clock that stands still: what many tests start from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from antiphon import identity, tenancy
from antiphon.database import Database, Scope
from antiphon.tenancy import Company, Place, User

PASSWORD = "seven-otters-cross-rivers"


class StillClock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
        self.jumped_s = 0.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp() - self.jumped_s

    def jump(self, seconds: float) -> None:
        """The wall clock is set; no time passes."""
        self.at += timedelta(seconds=seconds)
        self.jumped_s += seconds

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Tenant:
    """One company with a site, an owner and an operator, all signing in with PASSWORD."""

    company: Company
    site: Place
    owner: User
    operator: User
    scope: Scope = field(init=False)

    def __post_init__(self) -> None:
        self.scope = Scope(self.company.id)


@cache
def password_hash() -> str:
    return identity.hash_password(PASSWORD)


def make_tenant(database: Database, clock: StillClock, name: str) -> Tenant:
    now = clock.now()
    with database.transaction() as tx:
        company = tenancy.create_company(tx, name, now, language="de")
        scope = Scope(company.id)
        project = tenancy.create_place(tx, scope, "project", company.id, "Altstadt", now)
        site = tenancy.create_place(tx, scope, "site", project.id, "Rainerstraße 12", now)

        def person(first: str, role: str) -> User:
            email = f"{first}@{name.lower()}.example"
            return tenancy.create_user(
                tx,
                scope,
                name=first.title(),
                email=email,
                role_id=f"role_{role}",
                language="en",
                password_hash=password_hash(),
                now=now,
            )

        return Tenant(company, site, person("anna", "owner"), person("bernd", "operator"))
