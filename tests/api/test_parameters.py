"""A parameter that the document does not know is refused at every operation: a mistyped filter never shows everything."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from test_every_endpoint import DOCUMENT, OPERATIONS, Operation

from browsers import Browser
from residents import Tenant

Browsers = Callable[..., Browser]


def told(operation: Operation) -> list[str]:
    said = DOCUMENT["paths"][operation[1]][operation[0].lower()].get("parameters", ())
    return [one["name"] for one in said if one["in"] == "query"]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_what_is_not_in_the_document_is_refused(browser: Browsers, operation: Operation) -> None:
    method, path = operation
    for name in ("unknown", "Limit", "limit ", "cursor[]", "🚪" * 100):
        answer = await browser().request(method, path, params={name: "1"})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "unknown_parameter"), name
        assert [one["field"] for one in problem["errors"]] == [name[:64]]
        assert all(known in problem["detail"] for known in told(operation))


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if told(one)])
async def test_what_is_in_the_document_is_not(browser: Browsers, operation: Operation) -> None:
    method, path = operation
    answer = await browser().request(method, path, params=dict.fromkeys(told(operation), "1"))
    assert answer.status_code < 400 or answer.json()["code"] != "unknown_parameter"


async def test_a_mistyped_filter_shows_nothing(browser: Browsers, tenant: Tenant) -> None:
    anna = browser()
    await anna.sign_in(tenant.owner)
    answer = await anna.get("/api/v1/users", params={"actve": "false"})
    assert answer.json()["code"] == "unknown_parameter"
    assert "items" not in answer.json()
    assert "actve" in answer.json()["detail"]
