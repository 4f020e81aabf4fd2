"""The API's reference: one page with every operation, field and code, which a strict content security policy lets through."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from antiphon.access.routes import NewDoor
from antiphon.assembly import contracts
from antiphon.assembly.reference.api import PATH, STYLE_PATH, operations, page
from antiphon.assembly.reference.codes import ROOMS, codes
from antiphon.assembly.reference.examples import example
from antiphon.errors import AntiphonError
from browsers import Browser

DOCUMENT = contracts.openapi()
PAGE = page(DOCUMENT, codes())
_ALONE = {"meta", "link"}


class Read(HTMLParser):
    """What a browser would make of the page: anchors, links, files it asks for, and anything that is not well formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.faults += [f"{tag} is left open" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _ALONE:
            self._open.append(tag)
        if tag in ("script", "style", "iframe", "img", "object", "base", "form") or "style" in given:
            self.faults.append(f"{tag} {given}")
        self.faults += [name for name in given if name.startswith("on")]
        self.ids += [given["id"] or ""] if "id" in given else []
        if tag == "link":
            self.loaded.append(given["href"] or "")
        elif "href" in given:
            self.links.append(given["href"] or "")
        if "src" in given:
            self.loaded.append(given["src"] or "")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"{tag} is closed out of order")


def article(operation_id: str) -> str:
    """One operation's part of the page, as a reader sees it."""
    found = re.search(rf'<article><h3 id="{operation_id}">(.*?)</article>', PAGE, re.DOTALL)
    assert found, operation_id
    return unescape(re.sub(r"<[^>]+>", " ", found[1]))


def _routes(router: Any) -> Iterator[APIRoute]:  # Any: the application, or one of its routers
    """Also those of included routers, which FastAPI keeps as they were."""
    for one in router.routes:
        if isinstance(one, APIRoute):
            yield one
        elif hasattr(one, "original_router"):
            yield from _routes(one.original_router)


def test_every_operation_is_on_it_with_what_it_needs() -> None:
    assert len(list(operations(DOCUMENT))) > 50
    for method, path, operation in operations(DOCUMENT):
        told = article(operation["operationId"])
        assert f"{method} {path}" in told
        for permission in operation.get("x-permission", ()):
            assert permission in told, (method, path)
        for parameter in operation.get("parameters", ()):
            assert parameter["name"] in told, (method, path)


def test_an_operation_says_who_may_ask() -> None:
    assert "Needs doors.open at the thing's place." in " ".join(article("open_door").split())
    assert "For whoever is signed in." in article("me")
    assert "Without signing in." in article("sign_in")


def test_every_link_leads_to_something_and_every_anchor_is_there_once() -> None:
    read = Read(PAGE)
    assert len(set(read.ids)) == len(read.ids)
    assert {link.removeprefix("#") for link in read.links if link.startswith("#")} <= set(read.ids)
    assert {link for link in read.links if not link.startswith("#")} == {"/api/openapi.json"}


def test_nothing_on_it_needs_more_than_this_origin() -> None:
    """`default-src 'self'`: no script and no style in the page itself, and nothing from elsewhere."""
    read = Read(PAGE)
    assert read.faults == []
    assert read.loaded == [STYLE_PATH]


@pytest.mark.parametrize(
    "planted", ["<script>1</script>", '<p style="color: red">x</p>', '<p onclick="x">y</p>', "<p><b></p></b>"]
)
def test_what_the_policy_would_stop_is_found(planted: str) -> None:
    assert Read(PAGE.replace("<main>", f"<main>{planted}", 1)).faults


def test_every_schema_and_its_fields_are_on_it() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        part = PAGE.partition(f'<h3 id="schema-{name}">')[2].partition("</article>")[0]
        for field in schema.get("properties", ()):
            assert f"<td><code>{field}</code></td>" in part, (name, field)


def test_examples_are_what_the_api_takes_and_gives(app: FastAPI) -> None:
    """Each example goes through the model of its own route."""
    checked, routes = 0, {one.name: one for one in _routes(app)}
    for _, _, operation in operations(app.openapi()):
        route = routes[operation["operationId"]]
        bodies = [(operation["requestBody"]["content"], route.body_field)] if route.body_field else []
        content = next(
            (answer.get("content") for status, answer in operation["responses"].items() if status < "3"), None
        )
        bodies += [(content, route.response_field)] if content and route.response_field else []
        for contents, field in bodies:
            value = example(app.openapi(), contents["application/json"]["schema"])
            TypeAdapter(field.field_info.annotation).validate_json(json.dumps(value))
            checked += 1
    assert checked > 60


def test_an_example_that_does_not_fit_is_found() -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(NewDoor).validate_json(json.dumps(example(DOCUMENT, {"type": "object"})))


def test_every_refusal_has_its_code_once() -> None:
    found = {one.code: one for one in codes()}
    assert len(found) == len(codes())
    assert (found["door_not_found"].status, found["changed_meanwhile"].status) == (404, 412)
    assert {"unauthenticated", "not_allowed", "bad_input", "too_large"} <= found.keys()
    assert "runs_otherwise" not in found
    for code in found:
        assert f'id="code-{code}"' in PAGE


def test_every_room_with_routes_tells_its_codes(app: FastAPI) -> None:
    rooms = {route.endpoint.__module__ for route in _routes(app) if route.include_in_schema}
    assert {room for room in rooms if not room.startswith(ROOMS)} == {"antiphon.assembly.health"}


def test_what_else_is_loaded_changes_nothing() -> None:
    class Elsewhere(AntiphonError):
        code = "elsewhere"

    assert issubclass(Elsewhere, AntiphonError)
    assert "elsewhere" not in {one.code for one in codes()}


async def test_it_is_served_with_its_stylesheet(browser: Callable[..., Browser]) -> None:
    answer = await browser().get(PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<h3 id="open_door">' in answer.text
    style = await browser().get(STYLE_PATH)
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "url(" not in style.text
    assert "@import" not in style.text
    assert answer.headers["cache-control"] == style.headers["cache-control"] == "no-cache"
