"""Role `api`: the HTTP API, the health of the role, and the web client's files, on one unix socket behind the front."""

from __future__ import annotations

from fastapi import FastAPI

from antiphon.assembly import health, problems
from antiphon.assembly.web import WebClient
from antiphon.clock import SystemClock
from antiphon.database import Database
from antiphon.directory import routes as directory_routes
from antiphon.settings import Settings
from antiphon.tenancy import routes as tenancy_routes

_ABOUT = (
    "Stations, doors, calls and people of one company. Sign in with `POST /api/v1/session` and send the access token as "
    "bearer token. Every refusal is a problem detail (RFC 9457) with a stable `code`. Times are ISO 8601 in UTC."
)


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Antiphon",
        version="1",
        summary="An open intercom cloud.",
        description=_ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    problems.install(app)
    app.state.settings = settings
    app.state.clock = SystemClock()
    app.state.database = Database(settings.sqlalchemy_url)
    for router in (tenancy_routes.router, directory_routes.router):
        app.include_router(router)
    app.include_router(health.router({"database": health.database_check(app.state.database)}))
    app.mount("/", WebClient(settings.web), name="web")
    return app
