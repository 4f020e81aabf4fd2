"""A browser with a fake camera and microphone before the built client."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from scripted_platform import Platform, serving

WEB = Path(__file__).resolve().parents[2] / "web"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)


@pytest.fixture(scope="session")
def dist() -> Path:
    """The built client; `npm run build` in web/ makes it."""
    folder = WEB / "dist"
    assert (folder / "index.html").exists(), "the client is not built: run `npm run build` in web/"
    return folder


@pytest.fixture(scope="session")
def axe() -> str:
    """The accessibility checker's source."""
    return (WEB / "node_modules" / "axe-core" / "axe.min.js").read_text()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture
async def platform(dist: Path) -> AsyncIterator[Platform]:
    async with serving(Platform(), dist) as running:
        yield running
        assert running.outside_contract == []
