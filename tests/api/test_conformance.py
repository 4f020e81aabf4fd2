"""The API answers what its OpenAPI document says, whatever it is asked: what the document allows, and what it does not."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from test_every_endpoint import DOCUMENT, OPERATIONS, one_of_everything

from antiphon.clock import new_id
from antiphon.database import Database
from antiphon.identity import store
from antiphon.identity.tokens import issue_access_token
from antiphon.settings import Settings
from antiphon.tenancy import Principal
from residents import StillClock, Tenant

Json = Any  # Any: a JSON document
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
]
EXAMPLES = 16
# No broker, no station and no other part is there: they are missed in words.
MISSED = {"station_unreachable"}
TAGS = sorted({DOCUMENT["paths"][path][method.lower()]["tags"][0] for method, path in OPERATIONS})
SAME_EVERY_TIME = hypothesis_settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@cache
def described() -> Json:
    """The document, as the library reads it; who asks is not the library's to choose."""
    document = deepcopy(DOCUMENT)
    for path in document["paths"].values():
        for operation in path.values():
            operation["security"] = []
    return schemathesis.openapi.from_dict(document)


class Owner:
    """Whoever owns the company and signed in just now, from another address at each request."""

    def __init__(self, tenant: Tenant, database: Database, settings: Settings, clock: StillClock) -> None:
        self._database, self._clock, self._tenant = database, clock, tenant
        self._key = (settings.secrets / "jwt.key").read_text()
        self._asked = 0

    def headers(self) -> dict[str, str]:
        """What a signed-in browser sends through the front."""
        self._clock.advance(1)
        self._asked += 1
        now, owner = self._clock.now(), self._tenant.owner
        session_id = new_id("session")
        with self._database.transaction() as tx:
            store.add_session(tx, self._tenant.scope, session_id, owner.id, now, now.replace(year=now.year + 1))
        token, _ends = issue_access_token(Principal(owner.id, owner.company_id, owner.name, session_id), self._key, now)
        address = f"198.51.{self._asked // 250 % 250}.{self._asked % 250}"
        return {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}


def named(value: Json, known: dict[str, str]) -> Json:
    """The body, its ids those of things that exist."""
    if isinstance(value, dict):
        return {key: known[key] if key in known else named(one, known) for key, one in value.items()}
    return value


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("tag", TAGS)
def test_nothing_fails_and_nothing_undocumented_is_answered(
    app: FastAPI,
    database: Database,
    settings: Settings,
    tenant: Tenant,
    clock: StillClock,
    tag: str,
    mode: GenerationMode,
) -> None:
    owner, asked = Owner(tenant, database, settings, clock), 0

    def everything() -> dict[str, str]:
        with database.transaction() as tx:
            return one_of_everything(tx, tenant, tenant.site, clock)

    for one in described().include(tag=tag).get_all_operations():
        operation = one.ok()
        asked += 1
        if mode is GenerationMode.NEGATIVE and not (operation.definition.raw.keys() & {"parameters", "requestBody"}):
            continue  # nothing can be wrong with it
        known = everything()

        @SAME_EVERY_TIME
        @given(case=operation.as_strategy(generation_mode=mode), exists=st.sampled_from((True, True, False)))
        def ask(case: Any, *, exists: bool) -> None:
            if exists and mode is GenerationMode.POSITIVE:
                mine = everything() if case.method == "DELETE" else known  # noqa: B023 - asked before the next turn
                case.path_parameters = {key: mine.get(key, value) for key, value in case.path_parameters.items()}
                case.body = named(case.body, mine | {"parent_id": mine["place_id"], "role_id": "role_viewer"})
            answer = case.call(app=app, headers=owner.headers())
            case.validate_response(answer, checks=CHECKS)
            if answer.status_code >= 500:
                missed = case.path.startswith("/health") or answer.json()["code"] in MISSED
                assert missed, answer.text

        ask()
    assert asked
