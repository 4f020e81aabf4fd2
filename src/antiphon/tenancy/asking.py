"""Who asks over HTTP and what they may do: the dependency every route of every room begins with.

How somebody is recognised (token, key) is `antiphon.identity`'s, which puts its way into `app.state.recognise`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, get_type_hints

from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from pydantic import BaseModel, ConfigDict

from antiphon.clock import Clock
from antiphon.database import Database, Scope, Tx
from antiphon.errors import AntiphonError, NotFound, TooMany, Unauthenticated
from antiphon.tenancy import audit
from antiphon.tenancy.model import NotAllowed, Principal, SessionEnded, TokenExpired
from antiphon.tenancy.rights import Permission, Reach, Rights


class Body(BaseModel):
    """A request's body: nothing beyond the contract."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who was recognised, in the company they act in, with what they may do there now."""

    principal: Principal
    rights: Rights
    company_path: str = "/"

    @property
    def scope(self) -> Scope:
        return self.principal.scope

    def reach(self, permission: Permission) -> Reach:
        """Where they have that permission: what a list shows."""
        return self.rights.reach(permission)

    def admit(self, path: str, *needed: Permission, missing: type[AntiphonError] = NotFound) -> None:
        """Let them go on with the thing at that place. `needed` begins with the right to see it.

        Raises `missing` where they may not even see it, as if it did not exist, and `NotAllowed` without the rest.
        """
        seeing, *rest = needed
        if not self.rights.may(seeing, path):
            raise missing
        for permission in rest:
            if not self.rights.may(permission, path):
                raise NotAllowed(permission=permission)

    def record(
        self, tx: Tx, now: datetime, action: audit.Action, subject_id: str, **details: Any
    ) -> None:  # Any: as `audit.record`
        """Write into the audit trail what they changed."""
        audit.record(tx, self.scope, self.principal, now, action, subject_id, **details)


F = TypeVar("F", bound=Callable[..., Any])  # Any: a route's function, or what one depends on


class Refuses:
    """How a route may end otherwise. Above a route's function or a dependency's, or in the `Annotated` type of a parameter.

    The OpenAPI document names the codes as `x-problems`; the tests hold every answer of the API to that. What a room above
    refuses is named by its code.
    """

    def __init__(self, *kinds: type[AntiphonError] | str) -> None:
        self.codes = [kind if isinstance(kind, str) else kind.code for kind in kinds]

    def __call__(self, function: F) -> F:
        vars(function)["refuses"] = self
        return function


Recognise = Callable[[Request], Awaitable[Asker]]

_bearer = HTTPBearer(auto_error=False, description="The access token of POST /api/v1/session, or an API key.")


@Refuses(Unauthenticated, TokenExpired, SessionEnded, TooMany)
async def recognised(request: Request, _described: Annotated[object, Depends(_bearer)]) -> Asker:
    """Whoever signed in, whatever they may do. Raises `Unauthenticated` and its kinds."""
    recognise: Recognise = request.app.state.recognise
    return await recognise(request)


Anybody = Annotated[Asker, Depends(recognised)]


class Needs:
    """A dependency: somebody who has one of these permissions somewhere. Each route narrows it to the thing's place.

    The OpenAPI document names them as `x-permission`, and the test of every endpoint holds the routes to that.
    """

    def __init__(self, *permissions: Permission) -> None:
        self.permissions = permissions

    async def __call__(self, asker: Anybody) -> Asker:
        """Raises `NotAllowed` when they have none of them anywhere."""
        if not any(asker.reach(permission) for permission in self.permissions):
            raise NotAllowed(permission=self.permissions[0])
        return asker


async def _what_they_know(
    _etags: Annotated[
        str | None,
        Header(
            alias="If-None-Match",
            max_length=1000,
            description="An `ETag` you have: answered with 304 and nothing more while it is still this one's (RFC 9110 13.1.2).",
        ),
    ] = None,
) -> None:
    """`Route` compares, once it has the answer."""


_Conditional = Depends(_what_they_know)


class _GivesETag:
    """What marks a route's `response` whose answer has an ETag."""


# Where `tagged` writes the ETag.
Tagged = Annotated[Response, _GivesETag]
_ETAG = {"ETag": {"description": "Of what is shown, for `If-Match` and `If-None-Match`.", "schema": {"type": "string"}}}


class Route(APIRoute):
    """A route that says in the OpenAPI document which permission it needs, any of those named in `x-permission`, and in
    `x-problems` the codes that it and what it depends on refuse with. A GET that gives an ETag answers 304 to whoever has it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # Any: as FastAPI takes them
        if options.get("status_code") == HTTPStatus.NO_CONTENT:
            options["response_class"] = Response  # nothing is no JSON
        self._tagged = _GivesETag in {mark for hint in _hints(endpoint) for mark in _metadata_of(hint)}
        shown = self._tagged and set(options.get("methods") or ()) == {"GET"}
        told = [*(options.get("dependencies") or ())]
        if shown and _Conditional not in told:
            options["dependencies"] = [*told, _Conditional]
        super().__init__(path, endpoint, **options)
        needed = [one.call.permissions for one in self.dependant.dependencies if isinstance(one.call, Needs)]
        said: dict[str, Any] = {"x-problems": sorted(set(_refusals(self.dependant)))}
        if needed:
            said["x-permission"] = [permission for permissions in needed for permission in permissions]
        if self._tagged:
            said["responses"] = {str(self.status_code or HTTPStatus.OK.value): {"headers": _ETAG}}
        if shown:
            said["responses"]["304"] = {"description": "It is still what you have.", "headers": _ETAG}
        self.openapi_extra = {**(self.openapi_extra or {}), **said}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: as FastAPI takes them
        answer = super().get_route_handler()
        if _Conditional not in self.dependencies:
            return answer

        async def unless_known(request: Request) -> Response:
            answered = await answer(request)
            known = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
            if answered.status_code != HTTPStatus.OK or not {"*", answered.headers.get("ETag")} & {*known}:
                return answered
            kept = {name: answered.headers[name] for name in ("ETag", "Cache-Control") if name in answered.headers}
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=kept)

        return unless_known


def _refusals(dependant: Dependant) -> Iterator[str]:
    """The codes that the function, its parameters and everything below it say."""
    if dependant.call is None:
        return
    if isinstance(dependant.call, Needs):
        yield NotAllowed.code
    elif hasattr(dependant.call, "__globals__"):
        hints = _hints(dependant.call)
        marks = [getattr(dependant.call, "refuses", None), *(mark for hint in hints for mark in _metadata_of(hint))]
        yield from (code for mark in marks if isinstance(mark, Refuses) for code in mark.codes)
    for below in dependant.dependencies:
        yield from _refusals(below)


def _hints(function: Callable[..., Any]) -> Iterable[object]:  # Any: as FastAPI takes them
    return get_type_hints(function, include_extras=True).values()


def _metadata_of(hint: object) -> tuple[object, ...]:
    """What stands behind the type in `Annotated`."""
    said: tuple[object, ...] = getattr(hint, "__metadata__", ())
    return said


def database_of(request: Request) -> Database:
    """The process's database."""
    database: Database = request.app.state.database
    return database


def now_of(request: Request) -> datetime:
    """The process's clock, now."""
    clock: Clock = request.app.state.clock
    return clock.now()


def client_address(request: Request) -> str:
    """The client's address as the front saw it: the last entry of the last header, which only the front can have added."""
    forwarded = request.headers.getlist("x-forwarded-for")
    if forwarded:
        return forwarded[-1].rsplit(",", 1)[-1].strip()
    return request.client.host if request.client else ""
