"""The OpenAPI document is complete: whoever reads it alone can use every operation and knows every way it ends."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import httpx
import pytest
from test_every_endpoint import DOCUMENT, NEEDED, PUBLIC, Operation

from antiphon.assembly.reference.api import PROBLEM, operations, page
from antiphon.assembly.reference.codes import codes
from documented import Documented, Undocumented

Json = Any  # Any: a JSON document
PAGE = page(DOCUMENT, codes())
ALL: dict[Operation, Json] = {(method, path): one for method, path, one in operations(DOCUMENT)}
SCHEMAS: dict[str, Json] = DOCUMENT["components"]["schemas"]
# Said to stations, to sockets, or at the machine: no operation of this document ends so.
ELSEWHERE = {
    "authority_incomplete",
    "certificate_missing",
    "claim_code_expired",
    "claim_code_used",
    "claim_code_wrong",
    "csr_invalid",
    "forbidden",
    "method_not_allowed",
    "no_picture",
    "not_found",
    "revoked",
    "unclaimed",
    "unknown_button",
}


@pytest.mark.parametrize("operation", ALL)
def test_every_operation_says_what_it_does_and_who_may_ask(operation: Operation) -> None:
    one = ALL[operation]
    assert one["summary"]
    assert len(one["description"]) > 15
    assert one["operationId"]
    assert len(one["tags"]) == 1
    schemes = [name for choice in one["security"] for name in choice]
    if NEEDED[operation] == PUBLIC:
        assert "HTTPBearer" not in schemes
    else:
        assert schemes == ["HTTPBearer"]
        assert "unauthenticated" in one["x-problems"]


@pytest.mark.parametrize("operation", ALL)
def test_every_code_has_its_status_and_every_refusal_its_codes(operation: Operation) -> None:
    one, status_of = ALL[operation], {code.code: str(code.status) for code in codes()}
    said = {(status_of[code], code) for code in one["x-problems"]}
    shown = {
        (status, code)
        for status, answer in one["responses"].items()
        for code in answer.get("content", {}).get(PROBLEM, {}).get("examples", ())
    }
    assert said == shown
    assert all(status.isdigit() for status in one["responses"])
    assert all(PROBLEM in answer["content"] for status, answer in one["responses"].items() if status >= "4")
    assert any(status < "4" for status in one["responses"])


@pytest.mark.parametrize("operation", ALL)
def test_everything_sent_and_given_has_an_example(operation: Operation) -> None:
    one = ALL[operation]
    for body in (one.get("requestBody", {}), *one["responses"].values()):
        for kind, described in body.get("content", {}).items():
            if kind == "application/json":
                assert "example" in described
    for parameter in one.get("parameters", ()):
        assert parameter["description"], parameter["name"]


def test_every_body_has_its_meaning_and_every_field_an_example() -> None:
    for name, schema in SCHEMAS.items():
        assert schema.get("description") or schema.get("enum"), name
        for field, described in schema.get("properties", {}).items():
            assert "$ref" in described or "const" in described or described["examples"], (name, field)


def test_examples_of_refusals_are_problems() -> None:
    for code, one in DOCUMENT["components"]["examples"].items():
        assert one["value"]["code"] == code
        assert one["value"].keys() >= set(SCHEMAS["Problem"]["required"])


def test_every_code_is_some_operations() -> None:
    said = {code for one in ALL.values() for code in one["x-problems"]}
    assert {code.code for code in codes()} - said == ELSEWHERE


def test_nothing_in_it_leads_nowhere() -> None:
    text = json.dumps(DOCUMENT)
    for kind in ("schemas", "examples"):
        for name in DOCUMENT["components"][kind]:
            assert f'"#/components/{kind}/{name}"' in text or name in ELSEWHERE, name


@pytest.mark.parametrize("operation", ALL)
def test_the_page_names_the_codes_of_each_operation(operation: Operation) -> None:
    one = ALL[operation]
    part = PAGE.partition(f'<h3 id="{one["operationId"]}">')[2].partition("</article>")[0]
    for code in one["x-problems"]:
        assert f'href="#code-{code}"' in part


@pytest.mark.parametrize("forgotten", ["status", "code", "content type"])
async def test_an_answer_that_is_not_in_it_is_found(forgotten: str) -> None:
    document = deepcopy(DOCUMENT)
    operation = document["paths"]["/api/v1/me"]["get"]
    if forgotten == "status":
        del operation["responses"]["401"]
    elif forgotten == "code":
        operation["x-problems"].remove("token_expired")
    else:
        operation["responses"]["401"]["content"] = {"application/json": {}}
    asked = httpx.Request("GET", "https://portal.example/api/v1/me")
    answer = httpx.Response(401, json={"code": "token_expired"}, headers={"Content-Type": PROBLEM}, request=asked)
    await Documented(DOCUMENT).check(answer)
    with pytest.raises(Undocumented):
        await Documented(document).check(answer)
