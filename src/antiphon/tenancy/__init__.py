"""Companies, projects, sites, folders, people, roles, grants."""

from antiphon.tenancy.model import (
    Company,
    Folder,
    Language,
    Principal,
    Project,
    Role,
    SessionEnded,
    Site,
    TokenExpired,
    User,
)
from antiphon.tenancy.store import company, site, sites_of, user, users
from antiphon.tenancy.tokens import public_key_pem, verify_access_token

__all__ = [
    "Company",
    "Folder",
    "Language",
    "Principal",
    "Project",
    "Role",
    "SessionEnded",
    "Site",
    "TokenExpired",
    "User",
    "company",
    "public_key_pem",
    "site",
    "sites_of",
    "user",
    "users",
    "verify_access_token",
]
