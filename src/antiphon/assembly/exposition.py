"""The one address to scrape: the figures of every role and engine merged, and the health of the whole installation."""

from __future__ import annotations

import asyncio
import http.client
import re
import socket
from collections.abc import Mapping

import uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

from antiphon import log
from antiphon.assembly import health, problems, serving
from antiphon.assembly.engines import figures as engine_figures
from antiphon.assembly.engines import health as engine_health
from antiphon.assembly.figures import SUFFIX
from antiphon.assembly.whole import WholeHealth
from antiphon.limits import FIGURES_MAX_S, METRICS_PORT_RETRY_S
from antiphon.settings import Settings

_log = log.get("figures")
_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SAMPLE = re.compile(r"([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? (.*)")
_LARGEST = 8 * 1024 * 1024


def merged(told: Mapping[str, str]) -> str:
    """One exposition of several, each family once; every sample says by `role` whose it is."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for role, text in told.items():
        family = ""
        for line in text.splitlines():
            if line.startswith("# "):
                family = line.split(" ", 3)[2]
                head = heads.setdefault(family, [])
                if line not in head and len(head) < 2:
                    head.append(line)
            elif (found := _SAMPLE.fullmatch(line)) is not None:
                name, labels, value = found.groups()
                mine = f'role="{role}"' + (f",{labels}" if labels else "")
                samples.setdefault(family or name, []).append(f"{name}{{{mine}}} {value}")
    lines: list[str] = []
    for family, found_samples in samples.items():
        lines += [*heads.get(family, ()), *found_samples]
    return "\n".join(lines) + "\n"


class Observatory:
    """Serves `/metrics` and `/health` on loopback; another program on its port costs figures and nothing else."""

    def __init__(self, settings: Settings, whole: WholeHealth) -> None:
        self._settings = settings
        self.app = FastAPI(
            title="Antiphon figures", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False
        )
        problems.install(self.app)
        self.app.include_router(health.whole_router(whole))
        self.app.add_api_route("/metrics", self._metrics, response_class=PlainTextResponse)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._serve()
            except OSError as error:
                _log.error("figures cannot be shown", port=self._settings.ports.metrics, error=error.strerror)
            await asyncio.sleep(METRICS_PORT_RETRY_S)

    async def _serve(self) -> None:
        config = uvicorn.Config(
            self.app,
            loop="none",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        with socket.create_server((engine_health.LOOPBACK, self._settings.ports.metrics)) as listener:
            await serving.Server(config).serve(sockets=[listener])

    async def _metrics(self) -> PlainTextResponse:
        return PlainTextResponse(await self.exposition(), media_type=_CONTENT_TYPE)

    async def exposition(self) -> str:
        """Everything; a role or engine that does not answer in time is missing, and `antiphon_part_up` says so."""
        roles = [path.stem for path in sorted(self._settings.run.glob(f"*{SUFFIX}")) if path.stem != "haproxy"]
        told = await asyncio.gather(*(self._of_role(role) for role in roles), self._front())
        return merged(dict(zip(roles, told[:-1], strict=True))) + told[-1]

    async def _of_role(self, role: str) -> str:
        try:
            async with asyncio.timeout(FIGURES_MAX_S):
                reader, writer = await asyncio.open_unix_connection(
                    self._settings.run / f"{role}{SUFFIX}", limit=_LARGEST
                )
                try:
                    return (await reader.read(-1)).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as error:
            _log.warning("role told no figures", of=role, error=type(error).__name__)
            return ""

    async def _front(self) -> str:
        try:
            return await asyncio.to_thread(engine_figures.front_exposition, self._settings)
        except (OSError, http.client.HTTPException) as error:
            _log.warning("front told no figures", error=type(error).__name__)
            return ""
