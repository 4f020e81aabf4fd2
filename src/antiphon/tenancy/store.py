"""Companies, projects, sites, folders, users and their sessions in the database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from antiphon.database import PLATFORM, Scope, Tx, UtcTime, metadata, tenant_table
from antiphon.errors import NotFound
from antiphon.tenancy.model import Company, Folder, Project, Site, User

PATH_MAX_CHARS = 500  # some fifteen folders inside each other

companies = sa.Table(
    "companies",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
projects = tenant_table(
    "projects",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
sites = tenant_table(
    "sites",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("project_id", sa.String(40), sa.ForeignKey("projects.id"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("time_zone", sa.String(64), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
folders = tenant_table(
    "folders",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("site_id", sa.String(40), sa.ForeignKey("sites.id"), nullable=False, index=True),
    sa.Column("parent_id", sa.String(40), sa.ForeignKey("folders.id"), nullable=True, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("path", sa.String(PATH_MAX_CHARS), nullable=False, index=True),
    sa.Column("created_at", UtcTime, nullable=False),
)
user_rows = tenant_table(
    "users",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("email", sa.String(254), nullable=False, unique=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("role", sa.String(20), nullable=False),
    sa.Column("language", sa.String(8), nullable=True),
    sa.Column("password_hash", sa.String(200), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
)
user_sessions = tenant_table(
    "user_sessions",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("user_id", sa.String(40), sa.ForeignKey("users.id"), nullable=False, index=True),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False, index=True),
)

Row = Mapping[Any, Any]  # Any: a row of whichever table; the functions below give it its type


def company(tx: Tx, company_id: str) -> Company:
    """One company; raises `NotFound`."""
    row = tx.first(Scope(company_id), companies)
    if row is None:
        raise NotFound
    return Company(row["id"], row["name"])


def every_company(tx: Tx) -> tuple[Company, ...]:
    """All companies of the installation by name: for whoever runs the machine, never behind a request."""
    return tuple(Company(row["id"], row["name"]) for row in tx.all(PLATFORM, companies, order_by=(companies.c.name,)))


def projects_of(tx: Tx, scope: Scope) -> tuple[Project, ...]:
    """The company's projects by name."""
    return tuple(Project(row["id"], row["name"]) for row in tx.all(scope, projects, order_by=(projects.c.name,)))


def sites_of(tx: Tx, scope: Scope) -> tuple[Site, ...]:
    """The company's sites by name."""
    names = {project.id: project.name for project in projects_of(tx, scope)}
    return tuple(_site(row, names[row["project_id"]]) for row in tx.all(scope, sites, order_by=(sites.c.name,)))


def site(tx: Tx, scope: Scope, site_id: str) -> Site:
    """One site of the company; raises `NotFound`."""
    row = tx.first(scope, sites, id=site_id)
    if row is None:
        raise NotFound("This site does not exist. Choose another one.")
    return _site(row, project(tx, scope, row["project_id"]).name)


def site_joined(site_id: sa.Column[Any]) -> tuple[tuple[sa.Column[Any], sa.Column[Any]], ...]:
    """What joins the site of that id to a question, for `Tx.joined`; `site_of` takes the two rows that come of it."""
    return (sites.c.id, site_id), (projects.c.id, sites.c.project_id)


def site_of(site_row: Row, project_row: Row) -> Site:
    """A site that was asked for together with something else."""
    return _site(site_row, project_row["name"])


def project(tx: Tx, scope: Scope, project_id: str) -> Project:
    """One project of the company; raises `NotFound`."""
    row = tx.first(scope, projects, id=project_id)
    if row is None:
        raise NotFound("This project does not exist. Choose another one.")
    return Project(row["id"], row["name"])


def folder(tx: Tx, scope: Scope, site_id: str, folder_id: str) -> Folder:
    """One folder of that site; raises `NotFound`."""
    row = tx.first(scope, folders, folders.c.id == folder_id, folders.c.site_id == site_id)
    if row is None:
        raise NotFound("This folder does not exist. Choose another one.")
    return folder_of(row)


def folders_of(tx: Tx, scope: Scope, site_id: str) -> tuple[Folder, ...]:
    """A site's folders, outer ones before those inside them."""
    site(tx, scope, site_id)
    rows = tx.all(scope, folders, folders.c.site_id == site_id, order_by=(folders.c.path,))
    return tuple(folder_of(row) for row in rows)


def users(tx: Tx, scope: Scope) -> tuple[User, ...]:
    """The company's people by name, deactivated ones included."""
    return tuple(user_of(row) for row in tx.all(scope, user_rows, order_by=(user_rows.c.name, user_rows.c.id)))


def user(tx: Tx, scope: Scope, user_id: str) -> User:
    """One user of the company; raises `NotFound`."""
    row = tx.first(scope, user_rows, user_rows.c.id == user_id)
    if row is None:
        raise NotFound("This user does not exist.")
    return user_of(row)


def user_by_email(tx: Tx, email: str) -> Row | None:
    """The row of whoever signs in with this address, in any company: nobody is known yet. `email` in lower case."""
    return tx.first(PLATFORM, user_rows, user_rows.c.email == email)


def user_and_hash(tx: Tx, scope: Scope, user_id: str) -> tuple[User, str]:
    """The user and the hash of their password; raises `NotFound`."""
    row = tx.first(scope, user_rows, user_rows.c.id == user_id)
    if row is None:
        raise NotFound("This user does not exist.")
    return user_of(row), row["password_hash"]


def password_unchanged(tx: Tx, scope: Scope, user_id: str, stored: str) -> bool:
    """Whether the user is active and their password hash is still `stored`."""
    row = tx.first(scope, user_rows, user_rows.c.id == user_id)
    return row is not None and row["active"] and row["password_hash"] == stored


def set_password_hash(tx: Tx, scope: Scope, user_id: str, password_hash: str) -> None:
    tx.update(scope, user_rows, user_rows.c.id == user_id, values={"password_hash": password_hash})


# -- sessions --------------------------------------------------------------------------------------------------------


def add_session(
    tx: Tx, scope: Scope, session_id: str, user_id: str, token_hash: str, now: datetime, ends: datetime
) -> None:
    values = {"id": session_id, "user_id": user_id, "token_hash": token_hash, "created_at": now, "expires_at": ends}
    tx.insert(scope, user_sessions, values)


def session_of_token(tx: Tx, token_hash: str, now: datetime) -> Row | None:
    """The session whose refresh token hashes to that and which has not run out; nobody is known yet."""
    return tx.first(PLATFORM, user_sessions, user_sessions.c.token_hash == token_hash, user_sessions.c.expires_at > now)


def session_alive(tx: Tx, scope: Scope, session_id: str, user_id: str, now: datetime) -> bool:
    """Whether the session still runs and its user is active."""
    session = tx.first(scope, user_sessions, user_sessions.c.id == session_id, user_sessions.c.expires_at > now)
    if session is None or session["user_id"] != user_id:
        return False
    return tx.first(scope, user_rows, user_rows.c.id == user_id, user_rows.c.active.is_(True)) is not None


def extend_session(tx: Tx, session_id: str, ends: datetime) -> None:
    tx.update(PLATFORM, user_sessions, user_sessions.c.id == session_id, values={"expires_at": ends})


def end_session(tx: Tx, scope: Scope, session_id: str) -> None:
    tx.delete(scope, user_sessions, user_sessions.c.id == session_id)


def end_sessions(tx: Tx, scope: Scope, user_id: str, keep: str) -> tuple[str, ...]:
    """End the user's sessions but `keep`; the ids of those that were."""
    theirs = (user_sessions.c.user_id == user_id, user_sessions.c.id != keep)
    ended = tuple(row["id"] for row in tx.all(scope, user_sessions, *theirs, order_by=(user_sessions.c.id,)))
    tx.delete(scope, user_sessions, *theirs)
    return ended


def user_of(row: Row) -> User:
    return User(row["id"], row["name"], row["email"], row["role"], row["active"], row["language"])


def folder_of(row: Row) -> Folder:
    return Folder(row["id"], row["site_id"], row["parent_id"], row["name"], row["path"])


def _site(row: Row, project_name: str) -> Site:
    return Site(
        row["id"], row["company_id"], row["project_id"], row["name"], project_name, row["time_zone"], row["language"]
    )
