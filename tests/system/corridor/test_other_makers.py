"""Stations and telephones of other makers, the real baresip and the real linphone: calling, called, and rung by a button."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from corridor.desk import Desk
from corridor.platform_under_test import Platform
from corridor.stranger import until
from corridor.telephone import Account, Baresip, Linphone, made_account
from corridor.visitor import Visitor

pytestmark = pytest.mark.system

BROWSERS_BEEP_HZ = 400  # of the fake microphone
P = TypeVar("P", Baresip, Linphone)
Plugged = Callable[[P], P]


@pytest.fixture
def plugged(platform: Platform) -> Iterator[Plugged[Baresip] | Plugged[Linphone]]:
    """Starts a telephone; after the scenario it is switched off and its account is gone."""
    there: list[Baresip | Linphone] = []

    def plug(telephone: P) -> P:
        there.append(telephone)
        telephone.start()
        return telephone

    yield plug
    for telephone in there:
        telephone.stop()
        with platform.api(platform.people[0]) as api:
            api.delete(f"/api/v1/accounts/{telephone.account.id}")


def add_door(platform: Platform, account: Account, name: str, digits: str) -> None:
    with platform.api(platform.people[0]) as api:
        door = {"station_id": account.id, "name": name, "output": digits}
        answer = api.post("/api/v1/doors", json=door)
        assert answer.status_code == 201, answer.text


def bind(platform: Platform, accounts: list[Account]) -> None:
    """The demo station's button rings everybody, and these telephones."""
    with platform.api(platform.people[0]) as api:
        stations = api.get("/api/v1/stations").json()["items"]
        station = next(one["id"] for one in stations if one["name"] == "Haupteingang")
        button = {"name": "main", "label": "Hausverwaltung", "account_ids": [account.id for account in accounts]}
        answer = api.put(f"/api/v1/stations/{station}/buttons", json={"items": [button]})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def rung_too(platform: Platform) -> Iterator[Account]:
    """A telephone's account that the demo station's button rings beside the people."""
    account = made_account(platform, "Portier")
    bind(platform, [account])
    yield account
    bind(platform, [])


def test_baresip_as_a_door_station_of_another_maker(
    platform: Platform, desk: Desk, tmp_path: Path, plugged: Plugged[Baresip]
) -> None:
    account = made_account(platform, "Hoftor")
    add_door(platform, account, "Hof", "12#")
    gate = plugged(Baresip(platform, account, tmp_path / "gate", tone_hz=700, codecs="pcma/8000/1"))
    anna = desk.tab(platform.people[0])

    gate.calls("main")
    anna.is_rung()
    anna.reads("No picture before you answer.")
    anna.answers()
    anna.talks()
    gate.talks()
    anna.hears_a_tone(700)
    anna.sees_the_visitor(frames=5)
    anna.opens("Hof")
    anna.reads(re.compile("does not tell whether it opened"))
    assert [gate.event("CALL_DTMF_START")["param"] for _ in range(3)] == ["1", "2", "#"]
    gate.presses("7")
    anna.reads("The visitor pressed 7")
    gate.hears(BROWSERS_BEEP_HZ)
    gate.hangs_up()
    anna.reads("Hoftor hung up.")
    record = platform.newest_call(anna.email)
    assert (record["station_name"], record["cause"], record["doors_opened"]) == ("Hoftor", "answered", 1)

    sign = anna.page.get_by_role("button", name=re.compile("^Open Hof.*opens only in a call"))
    sign.wait_for()
    assert sign.get_attribute("aria-disabled") == "true"


def test_baresip_shows_its_picture_early_where_its_account_says_so(
    platform: Platform, desk: Desk, tmp_path: Path, plugged: Plugged[Baresip]
) -> None:
    account = made_account(platform, "Garage", early_video=True)
    gate = plugged(Baresip(platform, account, tmp_path / "gate", tone_hz=700))
    anna, bernd = desk.tab(platform.people[0]), desk.tab(platform.people[1])
    gate.calls("main")
    for person in (anna, bernd):
        person.is_rung()
        seen = person.sees_the_visitor(frames=3)
        assert seen["soundReceived"] == 0, "nobody is heard before somebody answers"
    bernd.answers()
    bernd.talks()
    gate.talks()
    bernd.hears_a_tone(700)
    bernd.sees_the_visitor(frames=20)
    anna.is_not_rung()
    gate.hears(BROWSERS_BEEP_HZ)
    bernd.hangs_up()
    gate.is_told()


def test_a_person_calls_baresip(platform: Platform, desk: Desk, tmp_path: Path, plugged: Plugged[Baresip]) -> None:
    phone = plugged(Baresip(platform, made_account(platform, "Empfang"), tmp_path / "phone", tone_hz=900))
    anna = desk.tab(platform.people[0])
    anna.calls("Empfang")
    assert phone.is_rung()["peerdisplayname"] == "Anna Auer"
    phone.answers()
    anna.talks()
    anna.hears_a_tone(900)
    anna.sees_the_visitor(frames=5)
    phone.hears(BROWSERS_BEEP_HZ)
    anna.hangs_up()
    phone.is_told()
    assert platform.newest_call(anna.email)["direction"] == "to_station"

    anna.reloads()
    anna.arrives()
    anna.calls("Empfang")
    phone.is_rung()
    phone.hangs_up()
    anna.reads("Empfang is in another call. Try again in a minute.")


def test_a_telephone_rings_with_the_people_and_opens_the_door(
    platform: Platform, desk: Desk, visitor: Visitor, tmp_path: Path, rung_too: Account, plugged: Plugged[Baresip]
) -> None:
    phone = plugged(Baresip(platform, rung_too, tmp_path / "phone", tone_hz=900))
    anna = desk.tab(platform.people[0])
    pulses = len(visitor.pulses())

    visitor.press()
    assert phone.is_rung()["peerdisplayname"] == "Haupteingang"
    anna.is_rung()
    anna.sees_the_visitor(frames=3)
    phone.answers()
    visitor.talks()
    anna.is_not_rung()
    anna.reads("Haupteingang: answered by Portier.")
    visitor.waits_until("the visitor hears", lambda status: abs((status["heard"]["peak_hz"] or 0) - 900) < 30)
    phone.presses("#")
    visitor.waits_until("the door pulses", lambda status: len(status["outputs"]["door"]["pulses"]) == pulses + 1)
    until("it heard the visitor", lambda: phone.heard().level > 0.01)
    phone.hangs_up()
    visitor.is_idle()
    record = platform.newest_call(anna.email)
    assert (record["answered_by"], record["doors_opened"], record["cause"]) == ("Portier", 1, "answered")

    visitor.press()
    phone.is_rung()
    anna.is_rung()
    anna.answers()
    anna.talks()
    phone.is_told()
    anna.hangs_up()
    visitor.is_idle()


def test_an_account_that_is_removed_is_refused_and_its_call_ends_in_words(
    platform: Platform, desk: Desk, tmp_path: Path, plugged: Plugged[Baresip]
) -> None:
    account = made_account(platform, "Baustelle")
    phone = plugged(Baresip(platform, account, tmp_path / "phone"))
    anna = desk.tab(platform.people[0])
    phone.calls("main")
    anna.is_rung()
    anna.answers()
    anna.talks()
    with platform.api(anna.email) as api:
        assert api.delete(f"/api/v1/accounts/{account.id}").status_code == 204
    anna.reads("Baustelle was taken out of service; the call ended.")
    phone.is_told()
    phone.calls("main")
    assert "401" in phone.is_told() or "407" in phone.log or "Authentication" in phone.log


def test_linphone_calls_and_is_called(
    platform: Platform, desk: Desk, tmp_path: Path, plugged: Plugged[Linphone]
) -> None:
    account = made_account(platform, "Werkstatt")
    add_door(platform, account, "Werkstatt", "5")
    phone = plugged(Linphone(platform, account, tmp_path / "linphone", tone_hz=600))
    anna = desk.tab(platform.people[0])

    phone.calls("main")
    anna.is_rung()
    anna.answers()
    anna.talks()
    phone.talks()
    anna.hears_a_tone(600)
    anna.sees_the_visitor(frames=5)
    phone.presses("4")
    anna.reads("The visitor pressed 4")
    anna.opens("Werkstatt")
    phone.says("Receiving tone 5")
    phone.hangs_up()
    anna.reads("Werkstatt hung up.")

    anna.reloads()
    anna.arrives()
    anna.calls("Werkstatt")
    phone.is_rung()
    phone.answers()
    anna.talks()
    anna.hears_a_tone(600)
    anna.hangs_up()
    phone.is_told()
    phone.stop()
    assert phone.heard().has(BROWSERS_BEEP_HZ)
