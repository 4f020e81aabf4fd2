"""The web client's files: pages never from a cache, hashed files for ever, the first page for the client's own paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from browsers import Browser

Browsers = Callable[..., Browser]


@pytest.fixture(autouse=True)
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Antiphon</title>")
    (folder / "assets" / "client-4f2a9c.js").write_text("start()")
    (folder / "portal.html").write_text("<!doctype html><title>Portal</title>")
    (folder / "icon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    monkeypatch.setenv("ANTIPHON_WEB", str(folder))
    return folder


@pytest.mark.parametrize("path", ["/", "/index.html", "/history", "/stations/station_1"])
async def test_the_clients_own_paths_get_the_first_page(browser: Browsers, path: str) -> None:
    answer = await browser().get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["cache-control"] == "no-store"
    assert "Antiphon" in answer.text


@pytest.mark.parametrize("path", ["/portal", "/portal/", "/portal/people/user_1", "/join", "/reset"])
async def test_the_portals_own_paths_get_its_page(browser: Browsers, path: str) -> None:
    answer = await browser().get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert "Portal" in answer.text


async def test_files_are_cached_by_their_names(browser: Browsers) -> None:
    hashed = await browser().get("/assets/client-4f2a9c.js")
    assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser().get("/icon.svg")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/gone-000000.js", "/missing.png", "/api/v2/nothing", "/ws/nothing", "/%2e%2e/secret.txt"]
)
async def test_what_is_not_there_is_a_problem_and_not_a_page(browser: Browsers, path: str) -> None:
    answer = await browser().get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_files_take_no_other_method(browser: Browsers) -> None:
    answer = await browser().post("/index.html")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


class TestWithoutABuild:
    @pytest.fixture(autouse=True)
    def gone(self, built: Path) -> None:
        built.rename(built.with_name("elsewhere"))

    async def test_there_is_no_page(self, browser: Browsers) -> None:
        assert (await browser().get("/")).status_code == 404
