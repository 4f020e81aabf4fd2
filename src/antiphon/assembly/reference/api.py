"""The reference of the API as one plain page: written from the OpenAPI document, without scripts, styled by a file beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from antiphon.assembly.reference.codes import Code, codes
from antiphon.assembly.reference.examples import example, resolved

Json = Any  # Any: a JSON document
PATH = "/api/reference"
STYLE_PATH = "/api/reference.css"
_STYLE = Path(__file__).with_name("api.css")
PROBLEM = "application/problem+json"
_METHODS = ("get", "post", "put", "patch", "delete")
_FRESH = {"Cache-Control": "no-cache"}


def router() -> APIRouter:
    """The page and its stylesheet; both are as public as the document they are made from, and not in it."""
    routes = APIRouter(include_in_schema=False)
    made: list[str] = []

    @routes.get(PATH)
    async def reference(request: Request) -> HTMLResponse:
        """Written once, at the first request."""
        if not made:
            made.append(page(request.app.openapi(), codes()))
        return HTMLResponse(made[0], headers=_FRESH)

    @routes.get(STYLE_PATH)
    async def style() -> Response:
        """How the page looks, in light and in dark."""
        return Response(_STYLE.read_text(), media_type="text/css", headers=_FRESH)

    return routes


def page(document: Json, refusals: Sequence[Code]) -> str:
    """The whole page; every operation, field and code can be pointed to by its anchor."""
    return "\n".join(_page(document, refusals)) + "\n"


def _page(document: Json, refusals: Sequence[Code]) -> Iterator[str]:
    about, known = document["info"], {one.code: one for one in refusals}
    tags = sorted({operation["tags"][0] for _, _, operation in operations(document)})
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f'<title>{escape(about["title"])}: the API</title><link rel="stylesheet" href="{STYLE_PATH}"></head><body>'
    yield '<a class="skip" href="#content">To the content</a>'
    yield from _contents(document, tags)
    yield f'<main><h1 id="content">{escape(about["title"])}: the API</h1><p>{_words(about.get("description", ""))}</p>'
    yield '<p>For programs: <a href="/api/openapi.json">the same as OpenAPI</a>. In the examples, values are made up.</p>'
    for tag in tags:
        yield f'<section><h2 id="tag-{tag}">{escape(tag)}</h2>'
        for method, path, operation in operations(document):
            if operation["tags"][0] == tag:
                yield from _operation(document, method, path, operation, known)
        yield "</section>"
    yield '<section><h2 id="schemas">Bodies</h2>'
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f'<article><h3 id="schema-{name}">{escape(name)}</h3><p>{_words(schema.get("description", ""))}</p>'
        yield from _fields(document, schema)
        yield "</article>"
    yield "</section>"
    yield from _codes(refusals)
    yield "</main></body></html>"


def _contents(document: Json, tags: Sequence[str]) -> Iterator[str]:
    """Chapters, each with its operations folded below it."""
    yield f'<nav aria-label="Contents"><p>{escape(document["info"]["title"])}</p><ul>'
    for tag in tags:
        yield f'<li><details><summary>{escape(tag)}</summary><ul><li><a href="#tag-{tag}">The whole chapter</a></li>'
        for _, _, operation in operations(document):
            if operation["tags"][0] == tag:
                yield f'<li><a href="#{escape(operation["operationId"])}">{_words(operation["summary"])}</a></li>'
        yield "</ul></details></li>"
    yield '<li><a href="#schemas">Bodies</a></li><li><a href="#codes">Codes</a></li></ul></nav>'


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every operation with its method and path, in the order of the document."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield method.upper(), path, methods[method]


def _operation(document: Json, method: str, path: str, operation: Json, known: Mapping[str, Code]) -> Iterator[str]:
    name = operation["operationId"]
    yield f'<article><h3 id="{escape(name)}"><code>{method} {escape(path)}</code></h3>'
    yield f"<p><strong>{_words(operation['summary'])}</strong></p>"
    if operation.get("description"):
        yield f"<p>{_words(operation['description'])}</p>"
    yield f"<p>{_who(operation)}</p>"
    if operation.get("parameters"):
        yield "<h4>Parameters</h4>"
        yield from _rows(
            ("name", "in", "type", "required", "meaning"),
            (
                (
                    _code(one["name"]),
                    escape(one["in"]),
                    *_described(document, one["schema"] | {"description": one["description"]}, one["required"]),
                )
                for one in operation["parameters"]
            ),
        )
    if "requestBody" in operation:
        yield "<h4>Body</h4>"
        yield from _body(document, operation["requestBody"]["content"])
    for status, answer in operation["responses"].items():
        given = {kind: one for kind, one in answer.get("content", {}).items() if kind != PROBLEM}
        if given or not answer.get("content"):
            yield f"<h4>{status}{'' if given else ', without a body'}</h4>"
            yield from _body(document, given)
    yield "<h4>Refusals</h4>"
    yield from _rows(
        ("status", "code", "meaning"),
        (
            (str(one.status), f'<a href="#code-{one.code}">{_code(one.code)}</a>', escape(one.title))
            for one in sorted((known[code] for code in operation["x-problems"]), key=lambda one: one.status)
        ),
    )
    yield "</article>"


def _who(operation: Json) -> str:
    needed = operation.get("x-permission", ())
    if needed:
        return "Needs " + " or ".join(_code(permission) for permission in needed) + " at the thing's place."
    schemes = {name for one in operation["security"] for name in one}
    if "HTTPBearer" in schemes:
        return "For whoever is signed in."
    return "By the cookie that came with the sign-in." if schemes else "Without signing in."


def _body(document: Json, content: Json) -> Iterator[str]:
    for kind, described in content.items():
        schema = described.get("schema", {})
        if not kind.endswith("json"):
            yield f"<p>{_code(kind)}</p>"
        elif schema:
            text = json.dumps(example(document, schema), indent=2, ensure_ascii=False)
            yield f"<p>{_kind(schema)}</p><pre>{escape(text)}</pre>"


def _fields(document: Json, schema: Json) -> Iterator[str]:
    needed = schema.get("required", ())
    if schema.get("properties"):
        yield from _rows(
            ("field", "type", "required", "meaning"),
            (
                (_code(name), *_described(document, field, name in needed))
                for name, field in schema["properties"].items()
            ),
        )


def _described(document: Json, schema: Json, required: bool) -> tuple[str, str, str]:
    """Type, whether it has to be there, and what it means, bounds included."""
    bounds = resolved(document, schema) if "$ref" not in schema else {}
    told = [_words(schema["description"])] if schema.get("description") else []
    told += [
        f"{word} {_code(bounds[key])}."
        for key, word in (
            ("minimum", "At least"),
            ("exclusiveMinimum", "More than"),
            ("maximum", "At most"),
            ("minLength", "Shortest:"),
            ("maxLength", "Longest:"),
            ("pattern", "Like"),
        )
        if key in bounds
    ]
    if schema.get("default") is not None:
        told.append(f"Usually {_code(json.dumps(schema['default']))}.")
    return _kind(schema), "required" if required else "", " ".join(told)


def _kind(schema: Json) -> str:
    """A type in words; what has a name of its own is a link."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " or ".join(_kind(one) for one in schema[word])
    if "const" in schema:
        return _code(json.dumps(schema["const"]))
    if "enum" in schema:
        return " or ".join(_code(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if schema.get("format") == "date-time":
        return "moment"
    return escape(str(schema.get("type", "anything")))


def _codes(refusals: Sequence[Code]) -> Iterator[str]:
    yield '<section><h2 id="codes">Codes</h2><p>Every refusal is a <a href="#schema-Problem">problem</a> with one of these.</p>'
    yield "<table><thead><tr><th>code</th><th>status</th><th>meaning</th></tr></thead><tbody>"
    for one in refusals:
        told = f"<td>{one.status}</td><td>{escape(one.title)}</td>"
        yield f'<tr id="code-{escape(one.code)}"><td>{_code(one.code)}</td>{told}</tr>'
    yield "</tbody></table></section>"


def _rows(heads: Sequence[str], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</tbody></table>"


def _code(words: object) -> str:
    return f"<code>{escape(str(words))}</code>"


def _words(text: str) -> str:
    """Text as docstrings have it: `code` between backticks, an empty line between paragraphs."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text.strip()))
    return re.sub(r"\n\s*\n", "</p><p>", marked)
