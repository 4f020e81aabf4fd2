"""What the pages point to exists: links between them, and the tests that the ledger names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PATH = re.compile(r"`((?:tests|docs|src|web)/[^`\s]*)`")


def links(page: Path) -> list[str]:
    """Targets of the page's links that are meant to be in the repository, without their anchors."""
    text = re.sub(r"(?s)```.*?```", "", page.read_text())
    targets = re.findall(r"\]\(([^)\s]+)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    relative = [target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:", target)]
    return [target for target in relative if target]


def shown_by() -> list[tuple[str, str]]:
    """Requirement and path for every path in the last column of the ledger."""
    rows = (
        line.split(" | ") for line in (ROOT / "docs" / "ledger.md").read_text().splitlines() if line.startswith("| ")
    )
    return [(row[0].strip("| "), path) for row in rows for path in _PATH.findall(row[-1])]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


def test_there_are_links_to_follow() -> None:
    assert len(links(ROOT / "README.md")) > 4


def test_what_the_ledger_names_as_proof_exists() -> None:
    named = shown_by()
    assert len(named) > 40
    assert [one for one in named if not (ROOT / one[1].split("::")[0].split(":")[0]).exists()] == []
