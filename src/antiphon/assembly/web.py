"""Serves the built web applications: hashed files for ever, pages never from a cache, and for every other path the page of the
application that owns it.

What browsers may do with it (content security policy and the like) is said by the front, for everything at once.
"""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_NOT_PAGES = ("api/", "ws/", "device/", "health")
_PORTAL = (
    "portal",
    "join",
    "reset",
)  # first steps of the portal's own paths; every other one is the operator's client's
_FOR_EVER = "public, max-age=31536000, immutable"


class WebClient(StaticFiles):
    """The files in `folder`; a path without a file and without an extension is an application's own and gets its page."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        self.config_checked = True  # a client that is not built yet is a page that is not found, not a failure

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path`, with its headers; raises 404 for a missing file and for anything below `api/`."""
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            asked = scope["path"].lstrip("/")  # as it was asked for: `path` has its dots resolved
            own_route = "." not in asked.rsplit("/", 1)[-1] and not asked.startswith(_NOT_PAGES)
            if error.status_code != 404 or not own_route:
                raise
            page = "portal.html" if asked.split("/", 1)[0] in _PORTAL else "index.html"
            response = await super().get_response(page, scope)
        if isinstance(response, FileResponse) and Path(response.path).suffix == ".html":
            response.headers["Cache-Control"] = "no-store"
        elif path.startswith("assets/"):
            response.headers["Cache-Control"] = _FOR_EVER
        else:
            response.headers["Cache-Control"] = "no-cache"
        return response
