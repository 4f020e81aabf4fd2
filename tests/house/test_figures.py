"""Every figure has a place on the dashboard and in the guide, every figure used exists, and none names anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from antiphon.metrics import CATALOGUE
from antiphon.metrics.__main__ import table

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "antiphon.json"
ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
_FIGURE = re.compile(r"\bantiphon_[a-z_]+\b")
_SERIES = re.compile(r"_(?:bucket|sum|count)$")
# Labels that could name a company, a person, a device or a call, or whose values have no end.
PERSONAL = {"company", "company_id", "user", "user_id", "name", "email", "device", "device_id", "call_id", "address"}


def expressions(dashboard: str) -> list[str]:
    panels = json.loads(dashboard)["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", ())]


def figures(texts: list[str]) -> set[str]:
    return {_SERIES.sub("", name) for text in texts for name in _FIGURE.findall(text)}


def strangers(texts: list[str]) -> set[str]:
    """Figures that are used and that no code counts."""
    return figures(texts) - {metric.name for metric in CATALOGUE}


def missing(dashboard: str) -> set[str]:
    """Figures that are counted and that the dashboard does not show."""
    return {metric.name for metric in CATALOGUE} - figures(expressions(dashboard))


def alerting() -> list[str]:
    return re.findall(r"(?m)^\s+expr: (.+)$", ALERTS.read_text())


def test_every_figure_used_exists() -> None:
    assert strangers(expressions(DASHBOARD.read_text())) == set()
    assert len(alerting()) > 8
    assert strangers(alerting()) == set()


def test_every_figure_is_on_the_dashboard() -> None:
    assert missing(DASHBOARD.read_text()) == set()


def test_a_planted_figure_is_found() -> None:
    spoilt = DASHBOARD.read_text().replace("antiphon_part_up", "antiphon_part_upright")
    assert strangers(expressions(spoilt)) == {"antiphon_part_upright"}
    assert missing(spoilt) == {"antiphon_part_up"}


def test_the_guide_lists_every_figure() -> None:
    assert table() in (ROOT / "docs" / "operating.md").read_text(), "python -m antiphon.metrics prints the table"


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_no_figure_names_anybody(metric: object) -> None:
    assert not set(getattr(metric, "labels", ())) & PERSONAL


def test_every_panel_has_a_place_of_its_own() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
