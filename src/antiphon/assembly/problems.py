"""Errors as problem details (RFC 9457) and the limits every HTTP application of the house keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from antiphon import log
from antiphon.errors import AntiphonError
from antiphon.limits import HTTP_BODY_DRAINED_MAX_BYTES, HTTP_BODY_DRAINED_MAX_S, HTTP_BODY_MAX_BYTES

_log = log.get("http")

_RETRY_AFTER_S = 60
# Refusals that the framework makes by itself, before any room is asked.
BY_STATUS: dict[int, tuple[str, str]] = {
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "This can't be done here."),
    408: ("request_timeout", "The request took too long. Try again."),
    413: ("too_large", "The request is too large."),
    422: ("bad_input", "The request is not understood."),
}


class FieldProblem(BaseModel):
    """One field that is wrong."""

    field: str = Field(examples=["email"])
    message: str = Field(examples=["Field required"])
    code: str | None = Field(
        default=None, description="With `ring_plan_invalid`: which fault it is.", examples=["step_too_short"]
    )


class Problem(BaseModel):
    """What went wrong (RFC 9457). `code` is stable; `detail` is meant for people."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:antiphon:problem:not_found",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "This site does not exist. Choose another one.",
                    "code": "not_found",
                }
            ]
        }
    )

    type: str = Field(examples=["urn:antiphon:problem:not_found"])
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["This site does not exist. Choose another one."])
    code: str = Field(examples=["not_found"])
    errors: list[FieldProblem] | None = Field(
        default=None, description="With `bad_input`, `unknown_parameter` and refused ring plans: what is wrong where."
    )
    made_id: str | None = Field(default=None, description="With `already_done`: the id of what was made.")
    challenge: str | None = Field(
        default=None, description="With `second_factor_needed`: what `POST /api/v1/session/second-factor` takes."
    )


def install(app: FastAPI) -> None:
    """Make `app` answer every refusal and failure with problem details, and refuse bodies over `HTTP_BODY_MAX_BYTES`."""
    app.add_exception_handler(AntiphonError, _refusal)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _by_framework)
    app.add_exception_handler(Exception, _failure)
    app.add_middleware(BodyLimit)


def answer(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
    members: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem-details response."""
    problem = Problem(
        type=f"urn:antiphon:problem:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=list(errors) or None,
        **(members or {}),
    )
    return JSONResponse(
        problem.model_dump(exclude_none=True),
        status,
        {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )


async def _refusal(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AntiphonError)
    say = _log.error if error.http_status >= 500 else _log.info
    say("request refused", code=error.code, status=error.http_status, route=_route(request), **error.fields)
    headers = {}
    if error.http_status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = str(_RETRY_AFTER_S)
    if error.http_status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    wrong = [FieldProblem(field=one, message=error.title) for one in error.at]
    wrong += [FieldProblem(field=field, message=sentence, code=code) for field, sentence, code in error.faults]
    return answer(error.http_status, error.code, error.detail, wrong, headers=headers, members=error.members)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Only where and why: the input itself may hold a password.
    errors = [
        FieldProblem(field="body", message="This is not JSON.")
        if item["type"] == "json_invalid"
        else FieldProblem(field=".".join(map(str, item["loc"][1:])) or str(item["loc"][0]), message=item["msg"])
        for item in error.errors()
    ]
    _log.info("request outside the contract", code="bad_input", status=422, route=_route(request))
    named = ", ".join(dict.fromkeys(problem.field for problem in errors))
    return answer(422, "bad_input", f"The request is not understood. Check: {named}.", errors)


async def _by_framework(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    # A body that is no text at all is refused as one that is no JSON is.
    status = 422 if error.status_code == HTTPStatus.BAD_REQUEST else error.status_code
    code, detail = BY_STATUS.get(status, ("refused", "The request was refused."))
    _log.info("request refused", code=code, status=status, route=_route(request))
    return answer(status, code, detail, headers=dict(error.headers or {}))


async def _failure(request: Request, error: Exception) -> JSONResponse:
    _log.error("request failed", code="internal", error=type(error).__name__, route=_route(request))
    return answer(
        500, AntiphonError.code, f"{AntiphonError.title} Try again; if it stays, tell whoever runs the platform."
    )


def _route(request: Request) -> str:
    """The route's pattern, which holds no ids and no names."""
    route = request.scope.get("route")
    return f"{request.method} {getattr(route, 'path', '(none)')}"


class BodyLimit:
    """Refuses a larger request body, whether it says so in Content-Length or not, before a room sees it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not declared.isdigit() or int(declared) > HTTP_BODY_MAX_BYTES:
            await self._refuse(scope, receive, send, 0)
            return
        body = bytearray()
        while True:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if len(body) > HTTP_BODY_MAX_BYTES:
                if message.get("more_body", False):
                    await self._refuse(scope, receive, send, len(body))
                else:
                    await self._answer(scope, receive, send)
                return
            if not message.get("more_body", False):
                break
        handed_on = False

        async def replay() -> Message:
            nonlocal handed_on
            if handed_on:
                return await receive()
            handed_on = True
            return {"type": "http.request", "body": bytes(body), "more_body": False}

        await self._app(scope, replay, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, taken: int) -> None:
        """Refuse once the rest of the body is there, or is too much of it."""
        try:
            async with asyncio.timeout(HTTP_BODY_DRAINED_MAX_S):
                while taken <= HTTP_BODY_DRAINED_MAX_BYTES:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    taken += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        break
        except TimeoutError:
            pass
        await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        _log.info("request refused", code="too_large", status=413)
        limit = f"{HTTP_BODY_MAX_BYTES // 1024} KiB"
        response = answer(
            413, "too_large", f"The request is too large: {limit} at most.", headers={"Connection": "close"}
        )
        await response(scope, receive, send)


RESPONSES: dict[int | str, dict[str, Any]] = {  # Any: OpenAPI fragments, as FastAPI takes them
    "4XX": {"model": Problem, "description": "Refused; `code` says why."},
    "5XX": {"model": Problem, "description": "Failed on the platform's side; `code` says where."},
}
