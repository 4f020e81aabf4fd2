"""What ends by itself, on a second installation that runs beside the first with short times."""

from __future__ import annotations

import re

import pytest
from conftest import Desk
from platform_under_test import Platform
from visitor import Visitor

pytestmark = pytest.mark.system


def test_nobody_answers_and_the_visitor_is_told(
    short_platform: Platform, short_desk: Desk, short_visitor: Visitor
) -> None:
    anna = short_desk.tab(short_platform.people[0])
    told = short_visitor.prompts
    short_visitor.press()
    anna.is_rung()
    short_visitor.is_told("no_answer", since=told, within_s=20)
    anna.is_not_rung()
    anna.reads("Haupteingang: nobody answered.")
    short_visitor.is_idle()
    record = short_platform.newest_call(anna.email)
    assert record["cause"] == "no_answer"
    assert record["snapshot_id"], "a call that nobody answered has its picture too"


def test_a_conversation_ends_at_the_limit_after_a_warning_tone(
    short_platform: Platform, short_desk: Desk, short_visitor: Visitor
) -> None:
    anna = short_desk.tab(short_platform.people[0])
    told = short_visitor.prompts
    short_visitor.press()
    anna.is_rung()
    anna.answers()
    anna.talks()
    anna.reads(re.compile("This call ends in"))
    short_visitor.is_told("time_limit", since=told, within_s=20)
    anna.reads(re.compile("was ended|are over"))
    short_visitor.is_idle()
    assert short_platform.newest_call(anna.email)["cause"] == "time_limit"


def test_two_installations_run_side_by_side(platform: Platform, short_platform: Platform) -> None:
    for installation in (platform, short_platform):
        status = installation.command("status", "--json")
        assert status.returncode == 0, status.stdout
    assert platform.portal != short_platform.portal
