"""Stations over HTTP: the portal's side, and the side of the stations themselves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from cryptography import x509

from antiphon import limits
from antiphon.access import Doors
from antiphon.assembly.api import Parts, create_app
from antiphon.assembly.devices import DevicesRole
from antiphon.database import PLATFORM, Database
from antiphon.devices import Commander, store
from antiphon.devices.authority import ensure_authority
from antiphon.gateways.mqtt import MqttGateway
from antiphon.settings import Settings
from antiphon.wire.station import ClaimReply, read_claim_code, write_claim_code
from browsers import Browser
from hardware import Key, certificate_request, new_key
from residents import StillClock, Tenant


@pytest.fixture
async def portal(settings: Settings, database: Database, clock: StillClock) -> AsyncIterator[Browser]:
    broker = MqttGateway(settings, "api")
    app = create_app(settings, Parts(database, clock, broker, Doors(database, Commander(broker, clock), clock)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with Browser(transport=transport, base_url="https://portal.example") as one:
        yield one


@pytest.fixture
async def anna(portal: Browser, tenant: Tenant) -> Browser:
    await portal.sign_in(tenant.owner)
    return portal


@pytest.fixture
async def front(settings: Settings, clock: StillClock) -> AsyncIterator[httpx.AsyncClient]:
    """What the front hands on to the devices role."""
    ensure_authority(settings.pki, clock.now())
    role = DevicesRole(settings, clock)
    transport = httpx.ASGITransport(role.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://front.example") as client:
        yield client
    role.database.close()


Create = Callable[..., Any]


@pytest.fixture
def new_station(anna: Browser, tenant: Tenant) -> Create:
    async def create(**more: Any) -> Any:
        answer = await anna.post("/api/v1/stations", json={"name": "Haupteingang", "place_id": tenant.site.id, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


def claim_body(code: str, key: Key | None = None) -> dict[str, str]:
    return {
        "claim_code": code,
        "certificate_request": certificate_request(key or new_key()),
        "model": "SIM-1",
        "software": "1.0",
    }


async def claim(front: httpx.AsyncClient, code: str, address: str = "192.0.2.10") -> httpx.Response:
    return await front.post("/device/v1/claim", json=claim_body(code), headers={"X-Forwarded-For": address})


# -- the portal's side -----------------------------------------------------------------------------------------------


async def test_an_administrator_adds_a_station_and_sees_its_code_once(anna: Browser, new_station: Create) -> None:
    created = await new_station(spot="Stiege 2", buttons=[{"name": "main"}, {"name": "top-1", "label": "Huber"}])
    assert read_claim_code(created["claim_code"]) == created["claim_code"]
    assert (created["status"], created["online"], created["place"]) == (
        "unclaimed",
        False,
        "Rainerstraße 12, Stiege 2",
    )
    (listed,) = (await anna.get("/api/v1/stations")).json()["items"]
    assert listed == {name: value for name, value in created.items() if not name.startswith("claim_code")}
    buttons = (await anna.get(f"/api/v1/stations/{created['id']}/buttons")).json()["items"]
    assert [button["name"] for button in buttons] == ["main", "top-1"]


async def test_changed_buttons_become_a_new_desired_state(
    anna: Browser, new_station: Create, database: Database
) -> None:
    created = await new_station()
    await anna.put(f"/api/v1/stations/{created['id']}/buttons", json={"items": [{"name": "side"}]})
    with database.transaction(read_only=True) as tx:
        desired = store.desired(tx, PLATFORM, created["id"])
    assert desired is not None
    assert (desired.version, [button.name for button in desired.buttons]) == (2, ["side"])


async def test_an_operator_sees_stations_and_changes_none(portal: Browser, tenant: Tenant, new_station: Create) -> None:
    created = await new_station()
    await portal.sign_in(tenant.operator)
    assert (await portal.get("/api/v1/stations")).status_code == 200
    for path in ("", f"/{created['id']}/claim-code", f"/{created['id']}/revoke"):
        answer = await portal.post("/api/v1/stations" + path, json={"name": "x", "place_id": tenant.site.id})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await portal.post("/api/v1/doors", json={})).status_code == 403
    assert (await portal.get("/api/v1/door-log")).status_code == 403


async def test_another_company_finds_nothing(portal: Browser, other: Tenant, new_station: Create) -> None:
    created = await new_station()
    await portal.sign_in(other.owner)
    assert (await portal.get("/api/v1/stations")).json()["items"] == []
    for path in ("claim-code", "revoke"):
        answer = await portal.post(f"/api/v1/stations/{created['id']}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "station_not_found")
    answer = await portal.post("/api/v1/doors", json={"station_id": created["id"], "name": "Tor"})
    assert (answer.status_code, answer.json()["code"]) == (404, "station_not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "x" * 121},
        {"name": "x", "buttons": [{"name": "Main Entrance"}]},
        {"name": "x", "buttons": [{"name": "a"}, {"name": "a"}]},
        {"name": "x", "secret": 1},
    ],
)
async def test_a_station_outside_the_contract_is_refused(anna: Browser, tenant: Tenant, body: dict[str, Any]) -> None:
    answer = await anna.post("/api/v1/stations", json={"place_id": tenant.site.id, **body})
    assert answer.status_code == 422
    assert (await anna.get("/api/v1/stations")).json()["items"] == []


async def test_a_door_is_added_listed_and_refused_twice_on_one_output(anna: Browser, new_station: Create) -> None:
    station = await new_station()
    body = {"station_id": station["id"], "name": "Haustür", "kind": "door", "output": "door", "pulse_s": 5}
    added = await anna.post("/api/v1/doors", json=body)
    assert added.status_code == 201
    assert (await anna.get("/api/v1/doors")).json()["items"] == [added.json()]
    again = await anna.post("/api/v1/doors", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "output_taken")


async def test_a_door_is_renamed_and_removed_and_the_station_is_told(
    anna: Browser, new_station: Create, database: Database
) -> None:
    station = await new_station()
    body = {"station_id": station["id"], "name": "Haustür"}
    door = (await anna.post("/api/v1/doors", json=body)).json()
    await anna.post("/api/v1/doors", json=body | {"name": "Garage", "output": "garage"})
    url = f"/api/v1/doors/{door['id']}"
    for _ in range(2):
        assert (await anna.patch(url, json={"name": "Hoftor"})).json() == door | {"name": "Hoftor"}
    (found,) = (await anna.get("/api/v1/search", params={"q": "hoft"})).json()["items"]
    assert found["id"] == door["id"]
    assert (await anna.delete(url)).status_code == 204
    for gone in (await anna.delete(url), await anna.patch(url, json={"name": "Tor"})):
        assert (gone.status_code, gone.json()["code"]) == (404, "door_not_found")
    assert (await anna.get("/api/v1/search", params={"q": "hoft"})).json()["items"] == []
    with database.transaction(read_only=True) as tx:
        desired = store.desired(tx, PLATFORM, station["id"])
    assert desired is not None
    assert [output.name for output in desired.outputs] == ["garage"]
    trail = (await anna.get("/api/v1/audit", params={"subject_id": door["id"]})).json()
    assert [one["action"] for one in trail["items"]] == ["door.removed", "door.changed", "door.added"]
    assert {"name": "Hoftor", "there": False}.items() <= {one["id"]: one for one in trail["names"]}[door["id"]].items()


async def test_a_door_cannot_be_opened_while_the_broker_is_away(anna: Browser, new_station: Create) -> None:
    station = await new_station()
    door = (await anna.post("/api/v1/doors", json={"station_id": station["id"], "name": "Haustür"})).json()
    url = f"/api/v1/doors/{door['id']}/open"
    answer = await anna.post(url, headers={"Idempotency-Key": "tap-00000001"})
    assert (answer.status_code, answer.json()["code"]) == (504, "station_unreachable")
    assert (await anna.post(url)).status_code == 422, "a tap without a key could be a repeated one"
    missing = await anna.post("/api/v1/doors/door_x/open", headers={"Idempotency-Key": "tap-00000002"})
    assert (missing.status_code, missing.json()["code"]) == (404, "door_not_found")
    log = (await anna.get("/api/v1/door-log?limit=1")).json()
    assert log["items"][0]["outcome"] == "door_not_found"
    older = (await anna.get("/api/v1/door-log", params={"cursor": log["next_cursor"]})).json()
    assert [item["outcome"] for item in older["items"]] == ["station_unreachable"]


async def test_a_station_added_by_mistake_is_removed_with_its_code_buttons_and_doors(
    anna: Browser, front: httpx.AsyncClient, new_station: Create
) -> None:
    station = await new_station(name="Irrtum", buttons=[{"name": "main", "user_ids": []}, {"name": "top-1"}])
    url = f"/api/v1/stations/{station['id']}"
    door = (await anna.post("/api/v1/doors", json={"station_id": station["id"], "name": "Irrtür"})).json()
    assert (await anna.delete(url)).status_code == 204
    assert (await anna.get(url)).json()["code"] == "station_not_found"
    assert (await anna.delete(url)).json()["code"] == "station_not_found"
    assert (await anna.get("/api/v1/doors")).json()["items"] == []
    assert (await anna.get("/api/v1/search", params={"q": "irr"})).json()["items"] == []
    assert (await claim(front, station["claim_code"])).json()["code"] == "claim_code_wrong"
    trail = (await anna.get("/api/v1/audit", params={"subject_id": station["id"]})).json()
    assert [one["action"] for one in trail["items"]] == ["station.removed", "station.added"]
    assert {"name": "Irrtum", "there": False}.items() <= {one["id"]: one for one in trail["names"]}[
        station["id"]
    ].items()
    assert door["id"] not in (await anna.get("/api/v1/doors")).text


async def test_a_station_that_was_ever_claimed_is_not_removed(
    anna: Browser, front: httpx.AsyncClient, new_station: Create
) -> None:
    station = await new_station()
    url = f"/api/v1/stations/{station['id']}"
    assert (await claim(front, station["claim_code"])).status_code == 200
    assert (await anna.post("/api/v1/doors", json={"station_id": station["id"], "name": "Tor"})).status_code == 201
    for _ in ("claimed", "revoked"):
        answer = await anna.delete(url)
        assert (answer.status_code, answer.json()["code"]) == (409, "station_has_history")
        assert (await anna.post(f"{url}/revoke")).status_code == 200
    assert (await anna.get(url)).json()["status"] == "revoked"
    assert len((await anna.get("/api/v1/doors")).json()["items"]) == 1, "nothing of it is gone"


async def test_a_station_out_of_service_keeps_no_place_from_being_removed(
    anna: Browser, front: httpx.AsyncClient, new_station: Create, tenant: Tenant
) -> None:
    station = await new_station()
    assert (await claim(front, station["claim_code"])).status_code == 200
    site, url = f"/api/v1/places/{tenant.site.id}", f"/api/v1/stations/{station['id']}"
    assert (await anna.delete(site)).json()["code"] == "place_has_stations"
    assert (await anna.post(f"{url}/revoke")).status_code == 200
    assert (await anna.delete(site)).status_code == 204
    left = (await anna.get(url)).json()
    assert (left["place_id"], left["site_id"], left["status"]) == (tenant.site.parent_id, "", "revoked")
    answer = await anna.post(f"{url}/claim-code")
    assert (answer.status_code, answer.json()["code"]) == (422, "place_misplaced")
    new = {"kind": "site", "parent_id": tenant.site.parent_id, "name": "Linzer Gasse 7"}
    elsewhere = (await anna.post("/api/v1/places", json=new)).json()
    assert (await anna.patch(url, json={"place_id": elsewhere["id"]})).json()["site_id"] == elsewhere["id"]
    assert (await anna.post(f"{url}/claim-code")).status_code == 201, "it is taken back where it is now"


# -- the stations' side ----------------------------------------------------------------------------------------------


async def test_a_code_becomes_a_certificate_and_everything_a_station_needs(
    front: httpx.AsyncClient, new_station: Create, settings: Settings
) -> None:
    created = await new_station()
    answer = await claim(front, created["claim_code"].lower().replace("-", " "))
    assert answer.status_code == 200, answer.text
    reply = ClaimReply.model_validate_json(answer.content)
    assert reply.device_id == created["id"]
    assert reply.trust == (settings.pki / "trust.pem").read_text()
    assert (reply.sip_port, reply.mqtt_port, reply.sip_domain) == (5061, 8883, settings.realm)
    assert reply.device_https.endswith(":8088")
    assert len(x509.load_pem_x509_certificates(reply.certificate.encode())) == 2


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"claim_code": write_claim_code(1)}, 404, "claim_code_wrong"),
        ({"claim_code": "0000-0000-0001"}, 422, "claim_code_malformed"),
        ({"claim_code": "short"}, 422, "bad_input"),
        ({"certificate_request": "nonsense"}, 422, "csr_invalid"),
        ({"certificate_request": "x" * 9000}, 422, "bad_input"),
        ({"model": None}, 422, "bad_input"),
    ],
)
async def test_a_bad_claim_has_its_own_code_and_leaves_the_claim_code_usable(
    front: httpx.AsyncClient, new_station: Create, change: dict[str, Any], status: int, code: str
) -> None:
    claim_code = (await new_station())["claim_code"]
    answer = await front.post("/device/v1/claim", json={**claim_body(claim_code), **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await claim(front, claim_code)).status_code == 200


async def test_used_and_ended_codes_are_told_apart(
    front: httpx.AsyncClient, anna: Browser, new_station: Create, clock: StillClock
) -> None:
    created = await new_station()
    await claim(front, created["claim_code"])
    used = await claim(front, created["claim_code"])
    assert (used.status_code, used.json()["code"]) == (409, "claim_code_used")
    ended = (await anna.post(f"/api/v1/stations/{created['id']}/claim-code")).json()["claim_code"]
    await anna.post(f"/api/v1/stations/{created['id']}/claim-code")
    answer = await claim(front, ended)
    assert (answer.status_code, answer.json()["code"]) == (410, "claim_code_expired")


async def test_guesses_from_one_network_run_dry_and_nobody_else_is_kept_out(
    front: httpx.AsyncClient, new_station: Create, clock: StillClock
) -> None:
    code = (await new_station())["claim_code"]
    for number in range(limits.CLAIM_ATTEMPTS_PER_MINUTE):
        assert (await claim(front, write_claim_code(number))).status_code == 404
    refused = await claim(front, code)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["retry-after"]
    forged = await claim(front, code, "198.51.100.1, 192.0.2.10")
    assert forged.status_code == 429, "what the caller wrote before the front's entry does not count"
    clock.advance(60)
    assert (await claim(front, code)).status_code == 200


async def test_one_ipv6_network_is_one_source(front: httpx.AsyncClient, new_station: Create) -> None:
    code = (await new_station())["claim_code"]
    for number in range(limits.CLAIM_ATTEMPTS_PER_MINUTE):
        await claim(front, write_claim_code(number), f"2001:db8:1:2::{number + 1:x}")
    assert (await claim(front, code, "2001:db8:1:2:ffff::1")).status_code == 429
    assert (await claim(front, code, "2001:db8:1:3::1")).status_code == 200


async def test_a_fitter_who_claims_a_whole_house_is_not_stopped(front: httpx.AsyncClient, new_station: Create) -> None:
    for _ in range(limits.CLAIM_ATTEMPTS_PER_MINUTE + 2):
        assert (await claim(front, (await new_station())["claim_code"])).status_code == 200


async def test_a_certificate_opens_the_listener_for_stations_until_it_is_revoked(
    front: httpx.AsyncClient, anna: Browser, new_station: Create
) -> None:
    created = await new_station()
    reply = ClaimReply.model_validate_json((await claim(front, created["claim_code"])).content)
    serial = x509.load_pem_x509_certificate(reply.certificate.encode()).serial_number
    proof = {"X-Client-Certificate-CN": created["id"], "X-Client-Certificate-Serial": f"00{serial:X}"}
    me = await front.get("/device/v1/me", headers=proof)
    assert (me.json()["device_id"], me.json()["name"]) == (created["id"], "Haupteingang")
    body = {"certificate_request": certificate_request(new_key())}
    assert (await front.post("/device/v1/renew", headers=proof, json=body)).status_code == 200
    await anna.post(f"/api/v1/stations/{created['id']}/revoke")
    for answer in (
        await front.get("/device/v1/me", headers=proof),
        await front.post("/device/v1/renew", headers=proof, json=body),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "revoked")


@pytest.mark.parametrize(
    "proof",
    [
        {},
        {"X-Client-Certificate-CN": "station_x"},
        {"X-Client-Certificate-CN": "a b", "X-Client-Certificate-Serial": "1"},
        {"X-Client-Certificate-CN": "station_x", "X-Client-Certificate-Serial": "zz"},
    ],
)
async def test_without_the_fronts_word_there_is_no_station(front: httpx.AsyncClient, proof: dict[str, str]) -> None:
    answer = await front.get("/device/v1/me", headers=proof)
    assert (answer.status_code, answer.json()["code"]) == (403, "certificate_missing")


async def test_an_oversized_claim_is_refused(front: httpx.AsyncClient) -> None:
    answer = await front.post("/device/v1/claim", content=b"x" * (limits.HTTP_BODY_MAX_BYTES + 1))
    assert answer.status_code == 413


async def test_the_role_says_what_it_lacks(front: httpx.AsyncClient) -> None:
    answer = await front.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {
        "database": None,
        "broker": "not connected",
        "revocation_list": None,
        "server_certificates": "the server certificates are missing: run up",
    }
