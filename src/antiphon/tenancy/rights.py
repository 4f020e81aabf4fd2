"""The one policy: which permission a person has where. Decides for one thing and limits lists by the same rule (U1-U4, U6).

Pure: no database, no clock of its own. A place is its path: `/` is the whole company, `/project_a/site_b/` a site of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

Permission = Literal[
    "places.read",
    "places.configure",
    "stations.read",
    "stations.configure",
    "doors.open",
    "doors.configure",
    "door_log.read",
    "calls.answer",
    "calls.read",
    "snapshots.read",
    "recordings.read",
    "transcripts.read",
    "ring_plans.read",
    "ring_plans.configure",
    "insight.read",
    "people.read",
    "people.personal",
    "people.manage",
    "client_users.manage",
    "roles.manage",
    "keys.manage",
    "audit.read",
    "company.configure",
    "company.own",
]
ShippedRole = Literal[
    "owner", "administrator", "configurator", "viewer", "operator", "user_manager", "support", "insight_viewer"
]

PERMISSIONS: tuple[Permission, ...] = get_args(Permission)
# U6: what tells about people's lives is given by itself, never along with something else of the same name.
SENSITIVE: frozenset[Permission] = frozenset(
    {"door_log.read", "snapshots.read", "recordings.read", "transcripts.read", "people.personal"}
)

_EVERYTHING: frozenset[Permission] = frozenset(PERMISSIONS)
_LOOK: frozenset[Permission] = frozenset({"places.read", "stations.read"})
# U4: whoever has nothing beyond these is a web-client user.
CLIENT: frozenset[Permission] = _LOOK | {"doors.open", "calls.answer", "calls.read", "snapshots.read"}

SHIPPED_ROLES: dict[ShippedRole, frozenset[Permission]] = {
    "owner": _EVERYTHING,
    "administrator": _EVERYTHING - {"company.own"},
    "configurator": _LOOK
    | {
        "places.configure",
        "stations.configure",
        "doors.configure",
        "calls.read",
        "ring_plans.read",
        "ring_plans.configure",
        "people.read",
    },
    "viewer": _LOOK,
    "operator": CLIENT,
    "user_manager": CLIENT | {"people.read", "people.personal", "client_users.manage"},
    "support": _LOOK | {"stations.configure", "calls.read", "people.read", "ring_plans.read"},
    "insight_viewer": _LOOK | {"calls.read", "insight.read"},
}
# What people read for them, in every language of the portal, and what else reads like an owner: no role of a company's own is
# called that.
SHIPPED_NAMES: frozenset[str] = frozenset(
    name.casefold()
    for name in (
        *("Owner", "Administrator", "Configurator", "Viewer", "Operator", "User manager", "Support", "Insight viewer"),
        *(
            "Inhaberin oder Inhaber",
            "Administration",
            "Konfiguration",
            "Nur ansehen",
            "Bedienung",
            "Personenverwaltung",
        ),
        *("Auswertung", "Inhaber", "Inhaberin", "Eigentümer", "Eigentümerin"),
    )
)
COMPANY_PATH = "/"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a permission holds: path prefixes, none of which lies within another. Empty: nowhere."""

    prefixes: tuple[str, ...] = ()

    @classmethod
    def of(cls, paths: Iterable[str]) -> Reach:
        """The smallest reach that covers all of these."""
        kept: list[str] = []
        for path in sorted(set(paths)):
            if not any(path.startswith(outer) for outer in kept):
                kept.append(path)
        return cls(tuple(kept))

    @property
    def everywhere(self) -> bool:
        """The whole company."""
        return self.prefixes == (COMPANY_PATH,)

    def __bool__(self) -> bool:
        return bool(self.prefixes)

    def inside(self, path: str) -> Reach:
        """What of it lies at that place and below."""
        if self.covers(path):
            return Reach((path,))
        return Reach(tuple(prefix for prefix in self.prefixes if prefix.startswith(path)))

    def covers(self, path: str) -> bool:
        """Whether the thing at that place is within reach."""
        return path.startswith(self.prefixes)


EVERYWHERE = Reach((COMPANY_PATH,))


@dataclass(frozen=True, slots=True)
class GrantedRole:
    """What one grant gives: permissions at a place and everything below it, from `starts_at` until just before `ends_at`."""

    permissions: frozenset[Permission]
    path: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= now) and (self.ends_at is None or now < self.ends_at)


@dataclass(frozen=True)
class Rights:
    """Everything somebody may do in one company now."""

    granted: tuple[GrantedRole, ...] = ()
    changes_at: datetime | None = None  # when the next grant begins or ends by itself
    _reaches: dict[Permission, Reach] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def at(cls, grants: Iterable[GrantedRole], now: datetime) -> Rights:
        """What is in force at that moment."""
        every = tuple(grants)
        moments = (moment for grant in every for moment in (grant.starts_at, grant.ends_at) if moment and moment > now)
        return cls(tuple(grant for grant in every if grant.in_force(now)), min(moments, default=None))

    def __bool__(self) -> bool:
        return bool(self.granted)

    def reach(self, permission: Permission) -> Reach:
        """Where the permission holds: lists show what is within."""
        found = self._reaches.get(permission)
        if found is None:
            found = Reach.of(grant.path for grant in self.granted if permission in grant.permissions)
            self._reaches[permission] = found
        return found

    def may(self, permission: Permission, path: str) -> bool:
        """Whether the permission holds for the thing at that place."""
        return self.reach(permission).covers(path)

    def permissions_at(self, path: str) -> frozenset[Permission]:
        """All that holds for things at that place."""
        return frozenset().union(*(grant.permissions for grant in self.granted if path.startswith(grant.path)))


def is_client_user(grants: Iterable[GrantedRole]) -> bool:
    """U4: whether these grants make a web-client user: somebody who answers, opens and looks, and nothing beyond."""
    return all(grant.permissions <= CLIENT for grant in grants)


def may_grant(giver: Rights, permissions: Collection[Permission], path: str) -> bool:
    """Whether the giver may give (or take away) these permissions there: nobody gives more than they have themselves.

    People who manage everybody need every single permission at that place; who manages web-client users gives what those
    have, and no more.
    """
    wanted = frozenset(permissions)
    if giver.may("people.manage", path):
        return wanted <= giver.permissions_at(path)
    return giver.may("client_users.manage", path) and wanted <= CLIENT


def may_manage(manager: Rights, home: str, grants: Iterable[GrantedRole]) -> bool:
    """Whether the manager may change somebody who is at home there and has these grants: never somebody with more rights."""
    theirs = tuple(grants)
    if not all(may_grant(manager, grant.permissions, grant.path) for grant in theirs):
        return False
    if manager.may("people.manage", home):
        return True
    return manager.may("client_users.manage", home) and is_client_user(theirs)
