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
from antiphon.tenancy.passwords import hash_password, new_password
from antiphon.tenancy.service import (
    create_company,
    create_folder,
    create_project,
    create_site,
    create_user,
    forget_expired_sessions,
    set_password,
)
from antiphon.tenancy.store import (
    company,
    every_company,
    session_alive,
    site,
    site_joined,
    site_of,
    sites_of,
    user,
    users,
)
from antiphon.tenancy.tokens import public_key_pem, verify_access_token
from antiphon.tenancy.words import Label, Name

__all__ = [
    "Company",
    "Folder",
    "Label",
    "Language",
    "Name",
    "Principal",
    "Project",
    "Role",
    "SessionEnded",
    "Site",
    "TokenExpired",
    "User",
    "company",
    "create_company",
    "create_folder",
    "create_project",
    "create_site",
    "create_user",
    "every_company",
    "forget_expired_sessions",
    "hash_password",
    "new_password",
    "public_key_pem",
    "session_alive",
    "set_password",
    "site",
    "site_joined",
    "site_of",
    "sites_of",
    "user",
    "users",
    "verify_access_token",
]
