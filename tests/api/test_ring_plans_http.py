"""Ring plans, do not disturb and "what would ring now, and why?" over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from antiphon import devices
from antiphon.database import Database
from antiphon.devices.store import set_claimed, set_presence
from browsers import Browser
from residents import StillClock, Tenant

Browsers = Callable[..., Browser]
Json = Any  # Any: a JSON document


@pytest.fixture
async def anna(browser: Browsers, tenant: Tenant) -> Browser:
    """The owner."""
    one = browser()
    await one.sign_in(tenant.owner)
    return one


@pytest.fixture
async def bernd(browser: Browsers, tenant: Tenant) -> Browser:
    """Somebody who answers and opens, and configures nothing."""
    one = browser()
    await one.sign_in(tenant.operator)
    return one


@pytest.fixture
def station(database: Database, tenant: Tenant, clock: StillClock) -> devices.Station:
    with database.transaction() as tx:
        return devices.create_station(tx, tenant.scope, name="Haupteingang", place_id=tenant.site.id, now=clock.now())


def user(user_id: str) -> Json:
    return {"kind": "user", "id": user_id}


def rings(*members: Json, seconds: int | None = None) -> Json:
    return {"steps": [{"members": list(members), "seconds": seconds}]}


async def group(anna: Browser, tenant: Tenant, name: str, *members: Json) -> str:
    """A ring group whose plan rings these."""
    made = (await anna.post("/api/v1/ring-groups", json={"name": name, "place_id": tenant.site.id})).json()["id"]
    if members:
        await in_force(anna, made, {"otherwise": rings(*members)})
    return str(made)


async def in_force(anna: Browser, owner_id: str, document: Json) -> Json:
    drafted = await anna.put(f"/api/v1/ring-plans/{owner_id}/draft", json=document)
    assert drafted.status_code == 200, drafted.text
    answer = await anna.post(f"/api/v1/ring-plans/{owner_id}/in-force")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def ask(anna: Browser, station: devices.Station, **more: Json) -> Json:
    body = {"station_id": station.id, "button": "main", **more}
    answer = await anna.post("/api/v1/ring-plans/ask", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def comes_into_service(database: Database, tenant: Tenant, clock: StillClock, name: str, *, online: bool) -> str:
    with database.transaction() as tx:
        made = devices.create_station(tx, tenant.scope, name=name, place_id=tenant.site.id, now=clock.now())
        set_claimed(tx, tenant.scope, made.id, model="indoor", software="1")
        set_presence(tx, tenant.scope, made.id, online=online, now=clock.now())
        return made.id


async def test_an_indoor_station_stands_in_a_plan_and_rings_while_it_is_online(
    anna: Browser, tenant: Tenant, station: devices.Station, database: Database, clock: StillClock
) -> None:
    there = comes_into_service(database, tenant, clock, "Top 4", online=True)
    away = comes_into_service(database, tenant, clock, "Top 5", online=False)
    members = [{"kind": "station", "id": one} for one in (there, away, station.id)]
    refused = await anna.put(
        f"/api/v1/ring-plans/{tenant.owner.id}/draft", json={"otherwise": rings(*members)}
    )  # the pressed station was never claimed: it is nobody's member
    assert (refused.status_code, refused.json()["code"]) == (404, "ring_plan_member_not_found")
    with database.transaction() as tx:
        set_claimed(tx, tenant.scope, station.id, model="door", software="1")
    empfang = await group(anna, tenant, "Empfang", *members)
    await anna.put(
        f"/api/v1/stations/{station.id}/buttons",
        json={"items": [{"name": "main", "user_ids": [], "group_ids": [empfang]}]},
    )
    answer = await ask(anna, station)
    assert [(leg["member"]["id"], leg["member"]["name"]) for leg in answer["legs"]] == [(there, "Top 4")]
    assert {(one["member"]["id"], one["cause"]) for one in answer["silences"]} >= {
        (away, "offline"),
        (station.id, "may_not_answer"),
    }


async def test_a_draft_rings_nobody_before_it_is_in_force_and_can_be_taken_back(anna: Browser, tenant: Tenant) -> None:
    empfang = await group(anna, tenant, "Empfang", user(tenant.owner.id))
    url = f"/api/v1/ring-plans/{empfang}"
    drafted = (await anna.put(f"{url}/draft", json={"otherwise": rings(user(tenant.operator.id))})).json()
    assert drafted["in_force"]["plan"]["otherwise"]["steps"][0]["members"] == [user(tenant.owner.id)]
    assert drafted["draft"]["plan"]["zone"] == "Europe/Vienna"
    assert {one["name"] for one in drafted["members"]} == {"Anna", "Bernd"}
    after = (await anna.post(f"{url}/in-force")).json()
    assert (after["draft"], after["undoable"], after["in_force"]["by"]) == (None, True, "Anna")
    back = (await anna.post(f"{url}/undo")).json()
    assert back["in_force"]["plan"]["otherwise"]["steps"][0]["members"] == [user(tenant.owner.id)]
    again = (await anna.post(f"{url}/undo")).json()
    assert again["in_force"]["plan"]["otherwise"]["steps"][0]["members"] == [user(tenant.operator.id)]


async def test_a_plan_is_drawn_as_the_week_that_it_is_where_its_times_are(
    anna: Browser, tenant: Tenant, clock: StillClock
) -> None:
    ring = rings(user(tenant.owner.id))
    days = {"times": {"holidays": "only"}, "as_weekday": 1}
    office = {"times": {"weekdays": [1, 2, 3, 4, 5], "spans": [{"start": "08:00", "end": "17:00"}]}, "then": ring}
    document = {"rules": [days, office], "otherwise": ring, "holidays": {"country": "DE", "region": "BE"}}
    empfang = await group(anna, tenant, "Empfang")
    url = f"/api/v1/ring-plans/{empfang}"
    drafted = (await anna.put(f"{url}/draft", params={"language": "de"}, json=document)).json()
    week = drafted["draft"]["week"]
    assert (week[0]["date"], week[0]["weekday"], len(week)) == ("2026-03-02", 1, 7)
    assert [(one["from_minute"], one["to_minute"], one["rule"]) for one in week[0]["slots"]] == [
        (0, 480, None),
        (480, 1020, 2),
        (1020, 1440, None),
    ]
    assert [one["rule"] for one in week[5]["slots"]] == [None]
    sunday = week[6]  # a holiday in Berlin, on which it rings as on Mondays
    assert (sunday["holiday"], [one["rule"] for one in sunday["slots"]]) == (
        "Frauentag",
        [None, 2, None],
    )
    assert (drafted["draft"]["zone"], drafted["place_id"]) == ("Europe/Vienna", tenant.site.id)
    assert drafted["limits"]["rules"] == 20
    clock.at = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)  # in Vienna it is Monday already
    await anna.sign_in(tenant.owner)
    assert (await anna.get(url)).json()["draft"]["week"][0]["date"] == "2026-03-09"


async def test_two_who_draft_at_once_do_not_overwrite_each_other(anna: Browser, tenant: Tenant) -> None:
    empfang = await group(anna, tenant, "Empfang", user(tenant.owner.id))
    url = f"/api/v1/ring-plans/{empfang}"
    read = (await anna.get(url)).headers["etag"]
    mine = {"otherwise": rings(user(tenant.operator.id))}
    assert (await anna.put(f"{url}/draft", json=mine, headers={"If-Match": read})).status_code == 200
    late = await anna.post(f"{url}/in-force", headers={"If-Match": read})
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")


async def test_what_is_wrong_with_a_draft_is_told_with_its_field_and_refused_when_put_in_force(
    anna: Browser, tenant: Tenant
) -> None:
    empfang = await group(anna, tenant, "Empfang")
    url = f"/api/v1/ring-plans/{empfang}"
    drafted = (await anna.put(f"{url}/draft", json={"otherwise": rings(user(tenant.owner.id), seconds=2)})).json()
    (fault,) = drafted["faults"]
    assert (fault["code"], fault["field"], fault["limit"]) == ("step_too_short", "otherwise/steps/0/seconds", 5)
    refused = await anna.post(f"{url}/in-force")
    assert (refused.status_code, refused.json()["code"]) == (422, "ring_plan_invalid")
    assert [(one["field"], one["code"]) for one in refused.json()["errors"]] == [
        ("otherwise/steps/0/seconds", "step_too_short")
    ]


async def test_a_loop_is_refused(anna: Browser, tenant: Tenant) -> None:
    outer = await group(anna, tenant, "Außen", user(tenant.owner.id))
    inner = await group(anna, tenant, "Innen", {"kind": "group", "id": outer})
    await anna.put(f"/api/v1/ring-plans/{outer}/draft", json={"otherwise": rings({"kind": "group", "id": inner})})
    refused = (await anna.post(f"/api/v1/ring-plans/{outer}/in-force")).json()
    assert [one["code"] for one in refused["errors"]] == ["ring_plan_loops"]


async def test_a_thirty_third_receiver_is_refused_also_through_another_plan(
    anna: Browser, tenant: Tenant, database: Database, clock: StillClock
) -> None:
    with database.transaction() as tx:
        made = [
            devices.create_account(
                tx, tenant.scope, name=f"Pult {n}", place_id=tenant.site.id, realm="x", now=clock.now()
            ).station.id
            for n in range(33)
        ]
    desks = [{"kind": "account", "id": one} for one in made]
    inner = await group(anna, tenant, "Pulte", *desks[:31])
    await group(anna, tenant, "Alle", {"kind": "group", "id": inner}, user(tenant.owner.id))
    await anna.put(f"/api/v1/ring-plans/{inner}/draft", json={"otherwise": rings(*desks[:32])})
    refused = (await anna.post(f"/api/v1/ring-plans/{inner}/in-force")).json()
    assert [one["code"] for one in refused["errors"]] == ["too_many_receivers"]
    assert "32" in refused["errors"][0]["message"]


async def test_a_twenty_first_rule_of_ones_own_is_refused(bernd: Browser, tenant: Tenant) -> None:
    rules = [{"when": "busy", "then": rings(user(tenant.owner.id))}] * 21
    assert (await bernd.put("/api/v1/me/ring-plan/draft", json={"rules": rules})).status_code == 200
    refused = (await bernd.post("/api/v1/me/ring-plan/in-force")).json()
    assert [(one["field"], one["code"]) for one in refused["errors"]] == [("rules", "too_many_rules")]
    assert "20" in refused["detail"]
    assert (await bernd.delete("/api/v1/me/ring-plan/draft")).json()["draft"] is None


async def test_what_is_still_named_is_not_removed_and_says_where(anna: Browser, tenant: Tenant, station: Any) -> None:
    inner = await group(anna, tenant, "Innen", user(tenant.owner.id))
    outer = await group(anna, tenant, "Außen", {"kind": "group", "id": inner})
    body = {"items": [{"name": "main", "user_ids": [], "group_ids": [inner]}]}
    assert (await anna.put(f"/api/v1/stations/{station.id}/buttons", json=body)).status_code == 200
    refused = await anna.delete(f"/api/v1/ring-groups/{inner}")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_named")
    used = (await anna.get(f"/api/v1/ring-plans/{inner}/used-by")).json()
    assert [(one["owner"]["id"], one["version"]) for one in used["in_plans"]] == [(outer, "in_force")]
    assert [(one["station_name"], one["button"]) for one in used["at_buttons"]] == [("Haupteingang", "main")]
    assert (await anna.delete(f"/api/v1/ring-groups/{outer}")).status_code == 204
    await anna.put(f"/api/v1/stations/{station.id}/buttons", json={"items": [{"name": "main"}]})
    assert (await anna.delete(f"/api/v1/ring-groups/{inner}")).status_code == 204


async def test_an_account_that_a_plan_names_is_not_removed(anna: Browser, tenant: Tenant) -> None:
    account = (await anna.post("/api/v1/accounts", json={"name": "Pult", "place_id": tenant.site.id})).json()["id"]
    await group(anna, tenant, "Empfang", {"kind": "account", "id": account})
    refused = await anna.delete(f"/api/v1/accounts/{account}")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_named")


async def test_what_would_ring_is_told_as_data_and_in_words_of_both_languages(
    anna: Browser, tenant: Tenant, station: devices.Station
) -> None:
    empfang = await group(anna, tenant, "Empfang", user(tenant.owner.id), user(tenant.operator.id))
    body = {"items": [{"name": "main", "user_ids": [], "group_ids": [empfang], "priority": "high"}]}
    await anna.put(f"/api/v1/stations/{station.id}/buttons", json=body)
    await anna.put(f"/api/v1/users/{tenant.operator.id}/do-not-disturb", json={"items": [{}]})
    told = await ask(anna, station)
    assert [(leg["member"]["name"], leg["from_s"], leg["to_s"]) for leg in told["legs"]] == [("Anna", 0, 60)]
    assert [step["owner"]["name"] for step in told["legs"][0]["via"]] == ["Empfang"]
    assert (told["priority"], told["finds_nobody"], told["last_resort"]) == ("high", False, "not_needed")
    (silence,) = told["silences"]
    assert (silence["member"]["name"], silence["cause"]) == ("Bernd", "do_not_disturb")
    assert silence["sentence"] == "Does not ring: do not disturb until further notice, set by Anna at 9:00."
    german = await ask(anna, station, language="de")
    assert german["silences"][0]["sentence"] == "Läutet nicht: Ruhe bis auf Weiteres, gesetzt von Anna um 9:00."


async def test_another_moment_and_a_plan_that_nobody_saved_can_be_asked_about(
    anna: Browser, tenant: Tenant, station: devices.Station
) -> None:
    empfang = await group(anna, tenant, "Empfang", user(tenant.owner.id))
    body = {"items": [{"name": "main", "user_ids": [], "group_ids": [empfang]}]}
    await anna.put(f"/api/v1/stations/{station.id}/buttons", json=body)
    night = {"spans": [{"start": "22:00", "end": "06:00"}]}
    rule = {"times": night, "then": rings(user(tenant.operator.id))}
    draft = {"owner_id": empfang, "plan": {"rules": [rule], "otherwise": rings(user(tenant.owner.id))}}
    by_night = await ask(anna, station, moment="2027-01-01T02:30:00+01:00", draft=draft)
    by_day = await ask(anna, station, moment="2027-01-01T12:30:00+01:00", draft=draft)
    assert [leg["member"]["name"] for leg in by_night["legs"]] == ["Bernd"]
    assert [leg["member"]["name"] for leg in by_day["legs"]] == ["Anna"]
    assert [one["code"] for one in by_night["decisions"]] == ["rule_applies"]
    assert (await anna.get(f"/api/v1/ring-plans/{empfang}")).json()["draft"] is None


async def test_the_company_calendar_holds_where_a_plan_names_none(
    anna: Browser, tenant: Tenant, station: devices.Station
) -> None:
    said = {"holidays": {"country": "AT", "region": "5"}, "last_resort": rings(user(tenant.operator.id))}
    assert (await anna.put("/api/v1/ring-settings", json=said)).status_code == 200
    rule = {"times": {"holidays": "only"}, "then": rings(user(tenant.operator.id))}
    plan = {"rules": [rule], "otherwise": rings(user(tenant.owner.id))}
    empfang = await group(anna, tenant, "Empfang")
    await in_force(anna, empfang, plan)
    body = {"items": [{"name": "main", "user_ids": [], "group_ids": [empfang]}]}
    await anna.put(f"/api/v1/stations/{station.id}/buttons", json=body)
    told = await ask(anna, station, moment="2026-10-26T10:00:00Z", language="de")
    assert [leg["member"]["name"] for leg in told["legs"]] == ["Bernd"]
    assert told["decisions"][0]["holiday"] == "Nationalfeiertag"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"holidays": {"country": "XX"}}, "holidays"),
        ({"last_resort": {"steps": [{"members": []}]}}, "last_resort/steps/0/members"),
    ],
)
async def test_ring_settings_that_can_not_be_are_refused(anna: Browser, body: Json, field: str) -> None:
    answer = await anna.put("/api/v1/ring-settings", json=body)
    assert answer.status_code == 422
    assert field in {one["field"] for one in answer.json()["errors"]}


async def test_everybody_has_a_plan_and_a_quiet_of_their_own(
    bernd: Browser, anna: Browser, tenant: Tenant, station: devices.Station
) -> None:
    busy = {"rules": [{"when": "do_not_disturb", "then": rings(user(tenant.owner.id))}]}
    assert (await bernd.put("/api/v1/me/ring-plan/draft", json=busy)).status_code == 200
    assert (await bernd.post("/api/v1/me/ring-plan/in-force")).status_code == 200
    until = {"items": [{"ends_at": "2026-03-02T15:00:00Z"}]}
    mine = await bernd.put("/api/v1/me/do-not-disturb", json=until)
    assert (mine.status_code, mine.json()["items"][0]["set_by"]) == (200, "Bernd")
    body = {"items": [{"name": "main", "user_ids": [tenant.operator.id]}]}
    await anna.put(f"/api/v1/stations/{station.id}/buttons", json=body)
    told = await ask(anna, station)
    assert [leg["member"]["name"] for leg in told["legs"]] == ["Anna"]
    assert (await bernd.get(f"/api/v1/ring-plans/{tenant.operator.id}")).status_code == 403
    assert (await anna.get(f"/api/v1/ring-plans/{tenant.operator.id}")).json()["in_force"]["by"] == "Bernd"


async def test_who_set_do_not_disturb_stays_named_while_it_stays(anna: Browser, bernd: Browser, tenant: Tenant) -> None:
    first = (await bernd.put("/api/v1/me/do-not-disturb", json={"items": [{}]})).json()["items"][0]
    kept = {key: first[key] for key in ("starts_at", "ends_at", "times", "zone", "place_id")}
    site = {"place_id": tenant.site.id, "times": {"weekdays": [6, 7]}}
    both = await anna.put(f"/api/v1/users/{tenant.operator.id}/do-not-disturb", json={"items": [kept, site]})
    assert [one["set_by"] for one in both.json()["items"]] == ["Bernd", "Anna"]
    assert [one["place_id"] for one in both.json()["items"]] == [None, tenant.site.id]


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"ends_at": "2026-03-02T07:00:00Z"}, "items/0/ends_at"),
        ({"zone": "Europe/Nowhere"}, "items/0/zone"),
        ({"times": {"from_date": "2026-03-02", "to_date": "2026-03-01"}}, "items/0/times/to_date"),
        ({"times": {"holidays": "only"}}, "items/0/times/holidays"),
    ],
)
async def test_do_not_disturb_that_can_not_be_is_refused(bernd: Browser, item: Json, field: str) -> None:
    answer = await bernd.put("/api/v1/me/do-not-disturb", json={"items": [item]})
    assert (answer.status_code, answer.json()["code"]) == (422, "do_not_disturb_invalid")
    assert [one["field"] for one in answer.json()["errors"]] == [field]


async def test_a_place_with_a_contact_is_not_removed(anna: Browser, tenant: Tenant) -> None:
    folder = {"kind": "folder", "name": "Stiege", "parent_id": tenant.site.id}
    place = (await anna.post("/api/v1/places", json=folder)).json()["id"]
    contact = (await anna.post("/api/v1/contacts", json={"name": "Top 14", "place_id": place})).json()["id"]
    assert (await anna.delete(f"/api/v1/places/{place}")).json()["code"] == "place_has_contacts"
    assert (await anna.delete(f"/api/v1/contacts/{contact}")).status_code == 204
    assert (await anna.delete(f"/api/v1/places/{place}")).status_code == 204


async def test_contacts_are_found_by_their_words(anna: Browser, bernd: Browser, tenant: Tenant) -> None:
    new = {"name": "Ordination Dr. Lechner", "company_name": "Lechner & Partner", "place_id": tenant.site.id}
    contact = (await anna.post("/api/v1/contacts", json=new)).json()["id"]
    found = (await anna.get("/api/v1/search", params={"q": "partner"})).json()["items"]
    assert [(one["kind"], one["id"]) for one in found] == [("contact", contact)]
    assert (await bernd.get("/api/v1/search", params={"q": "partner"})).json()["items"] == []
