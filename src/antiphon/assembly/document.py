"""The OpenAPI document as it is given out: every answer of every operation with its codes and an example."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from antiphon.assembly.reference.api import PROBLEM
from antiphon.assembly.reference.codes import Code, codes
from antiphon.assembly.reference.examples import example
from antiphon.errors import UnknownParameter

Json = Any  # Any: a JSON document
_RETRY_AFTER = {"description": "Seconds.", "schema": {"type": "integer", "minimum": 0}}
_HEADERS: Mapping[int, Json] = {
    401: {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}},
    429: {"Retry-After": _RETRY_AFTER},
}


class Api(FastAPI):
    """An application whose document tells everything: a query parameter that is not in it is refused, at every operation."""

    def __init__(self, **options: Any) -> None:  # Any: as FastAPI takes them
        super().__init__(dependencies=[Depends(_only_told)], **options)

    def openapi(self) -> dict[str, Json]:
        """The document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = told(super().openapi(), codes())
        return self.openapi_schema


async def _only_told(request: Request) -> None:
    """Raises `UnknownParameter` for what is not among the parameters that the document is made from."""
    if request.query_params:
        route: APIRoute = request.scope["route"]
        known = tuple(dict.fromkeys(_parameters(route.dependant)))
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            raise UnknownParameter(unknown, known)


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for below in dependant.dependencies:
        yield from _parameters(below)


def told(document: dict[str, Json], known: Sequence[Code]) -> dict[str, Json]:
    """That document, which is changed: refusals by status, codes and examples, and nothing said that does not happen."""
    by_code = {one.code: one for one in known}
    document["components"]["examples"] = {one.code: _problem(one) for one in known}
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if "$ref" not in field:
                field.setdefault("examples", [example(document, field, name=name)])
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            said = {*operation.get("x-problems", ()), *_in_general(path, method, operation)}
            operation["x-problems"] = sorted(said)
            operation.setdefault("security", [])
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _sendable(parameter["schema"])
                if parameter["in"] == "path":
                    parameter["description"] = f"The {parameter['name'].removesuffix('_id')}'s id."
            answers = operation["responses"]
            for wildcard in ("4XX", "5XX", "422"):
                answers.pop(wildcard, None)
            for status, refused in _by_status(by_code[code] for code in operation["x-problems"]).items():
                answer = answers.setdefault(str(status), {"description": ""})
                answer.setdefault("content", {})[PROBLEM] = {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {one.code: {"$ref": f"#/components/examples/{one.code}"} for one in refused},
                }
                listed = ", ".join(f"`{one.code}`" for one in refused)
                answer["description"] = " ".join(filter(None, (answer["description"], f"Refused: {listed}.")))
                if status in _HEADERS:
                    answer["headers"] = _HEADERS[status]
            _exemplify(document, operation)
    return document


def _in_general(path: str, method: str, operation: Json) -> Iterator[str]:
    """What comes of how the operation is asked, whatever it is about."""
    yield from ("internal", "unavailable", "too_many_requests", "unknown_parameter")
    if path.startswith("/api/"):
        yield "database_unavailable"
        if method != "get":
            yield from ("storage_full", "already_there")
    if operation.get("parameters") or "requestBody" in operation:
        yield from ("bad_input", "not_storable")
    if method != "get":
        yield from ("too_large", "request_timeout")  # also a body that nobody asked for


def _sendable(schema: Json) -> Json:
    """A parameter's schema without null: in an address or a header there is none, it is left out."""
    real = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    if len(real) != 1:
        return schema
    return {key: value for key, value in schema.items() if key != "anyOf"} | real[0]


def _by_status(refused: Iterator[Code]) -> dict[int, list[Code]]:
    found: dict[int, list[Code]] = defaultdict(list)
    for one in refused:
        found[one.status].append(one)
    return dict(sorted(found.items()))


def _problem(one: Code) -> Json:
    """The example of a refusal with that code."""
    value = {"type": f"urn:antiphon:problem:{one.code}", "title": HTTPStatus(one.status).phrase, "status": one.status}
    return {"summary": one.title, "value": {**value, "detail": one.title, "code": one.code}}


def _exemplify(document: Json, operation: Json) -> None:
    """An example for everything that is sent and given as JSON."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        for kind, described in body.get("content", {}).items():
            if kind == "application/json":
                described["example"] = example(document, described["schema"])
    for parameter in operation.get("parameters", ()):
        if parameter["required"] and "example" not in parameter:
            parameter["example"] = example(document, parameter["schema"], name=parameter["name"])
