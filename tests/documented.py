"""Holds answers to the OpenAPI document: status, content type and code have to stand at the operation."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import httpx

from antiphon.assembly import contracts

Json = Any  # Any: a JSON document


class Undocumented(AssertionError):
    """The API answered what its document does not know."""


class Documented:
    """One document. Paths that it does not have are nobody's promise."""

    def __init__(self, document: Json) -> None:
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path, operations)
            for path, operations in sorted(document["paths"].items())
        ]

    def operation(self, method: str, path: str) -> tuple[str, Json] | None:
        """The path as the document writes it, and the operation there."""
        for pattern, written, operations in sorted(self._paths, key=lambda one: one[1].count("{")):
            if pattern.fullmatch(path):
                found = operations.get(method.lower())
                return (written, found) if found else None
        return None

    async def check(self, answer: httpx.Response) -> None:
        """Raises `Undocumented`; a hook for every answer."""
        asked = answer.request
        found = self.operation(asked.method, asked.url.path)
        if found is None:
            return
        written, operation = found
        at = f"{asked.method} {written}: {answer.status_code}"
        said = operation["responses"].get(str(answer.status_code))
        if said is None:
            await answer.aread()
            raise Undocumented(f"{at} {answer.text[:200]}")
        if "etag" in answer.headers and "ETag" not in said.get("headers", {}):
            raise Undocumented(f"{at} with an ETag")
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if kind and kind not in said.get("content", {}):
            raise Undocumented(f"{at} as {kind}")
        if kind == "application/problem+json":
            await answer.aread()
            code = answer.json()["code"]
            if code not in operation["x-problems"]:
                raise Undocumented(f"{at} {code}")


@cache
def the_document() -> Documented:
    """The API's own; it takes a while to make."""
    return Documented(contracts.openapi())
