"""Health of one role: alive at all, and ready, naming what is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from antiphon.assembly.whole import WholeHealth
from antiphon.database import Database, Tx, migrate
from antiphon.errors import AntiphonError

Check = Callable[[], Awaitable[str | None]]


class Health(BaseModel):
    """`checks` names every part; null is well, anything else says what is wrong."""

    ready: bool
    checks: dict[str, str | None] = Field(examples=[{"database": None, "broker": "not connected"}])


def router(checks: Mapping[str, Check]) -> APIRouter:
    """`/health/live` and `/health/ready`; each check answers None, or in words what is wrong."""
    routes = APIRouter(prefix="/health", tags=["health"])

    @routes.get("/live", summary="Is the process alive?")
    async def live() -> Health:
        """Always well while the process answers."""
        return Health(ready=True, checks={})

    @routes.get("/ready", summary="Can it work?", responses={503: {"model": Health}})
    async def ready(request: Request) -> JSONResponse:
        """200 when every check is well, else 503; while the role stops, too."""
        found = {name: await check() for name, check in checks.items()}
        if getattr(request.app.state, "stopping", False):
            found["role"] = "is stopping"
        return _answer(found)

    return routes


def whole_router(whole: WholeHealth) -> APIRouter:
    """`/health`: the installation as a whole, every part named."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health", summary="Is every part up?", responses={503: {"model": Health}})
    async def installation() -> JSONResponse:
        """200 when every part of the installation is up, else 503."""
        return _answer(await whole.checks())

    return routes


def _answer(found: Mapping[str, str | None]) -> JSONResponse:
    health = Health(ready=not any(found.values()), checks=dict(found))
    return JSONResponse(health.model_dump(), 200 if health.ready else 503, {"Cache-Control": "no-store"})


def database_check(database: Database) -> Check:
    """Reachable, and at the newest revision this software knows."""
    newest = migrate.head()

    def look(tx: Tx) -> str | None:
        found = tx.revision()
        return None if found == newest else f"schema is at {found or 'nothing'}, not at {newest}: run up"

    async def check() -> str | None:
        try:
            return await database.read(look)
        except AntiphonError as error:
            return error.code

    return check


def connected_check(connected: Callable[[], bool]) -> Check:
    """Whether the broker is connected."""

    async def check() -> str | None:
        return None if connected() else "not connected"

    return check
