"""People who act in companies other than their own: integrators with all their customers (S3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from antiphon import tenancy
from antiphon.database import PLATFORM, Scope, Tx
from antiphon.tenancy import Company, Place, Reach, grant_rows


@dataclass(frozen=True, slots=True)
class ActsIn:
    """A company somebody may act in, the projects they may see there, and where they may see stations."""

    company: Company
    own: bool
    projects: tuple[Place, ...]
    stations: Reach


def companies_of(tx: Tx, user_id: str, now: datetime) -> tuple[ActsIn, ...]:
    """The person's own company first, then by name those where they have rights now."""
    own = tenancy.user(tx, PLATFORM, user_id).company_id
    given = {row["company_id"] for row in tx.all(PLATFORM, grant_rows, user_id=user_id)} | {own}
    found = []
    for company_id in given:
        scope = Scope(company_id)
        rights = tenancy.rights_of_user(tx, scope, user_id, now)
        if company_id != own and not rights:
            continue
        reach = rights.reach("places.read")
        projects = tenancy.places_by_name(tx, scope, reach, kinds=("project",), limit=None)
        found.append(
            ActsIn(tenancy.company(tx, company_id), company_id == own, projects, rights.reach("stations.read"))
        )
    return tuple(sorted(found, key=lambda one: (not one.own, one.company.name.casefold(), one.company.id)))
