"""Runs a decoder as a process of its own, which gets a picture on stdin and has nothing else."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from antiphon.errors import AntiphonError


class NotDecoded(AntiphonError):
    """The decoder gave nothing: it ended with `status` (None: it took too long and was killed)."""

    code = "not_decoded"

    def __init__(self, reason: str, status: int | None) -> None:
        super().__init__(reason=reason)
        self.reason, self.status = reason, status


async def run_caged(program: Path, data: bytes, *, max_s: float) -> bytes:
    """What the program of ours in that file writes when it reads `data`; raises `NotDecoded`. It has to enter the cage itself."""
    with tempfile.TemporaryDirectory(prefix="antiphon-picture-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # neither the environment nor the working folder add to what it imports
            *_start(program),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd=folder,
            close_fds=True,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(max_s):
                out, _ = await process.communicate(data)
        except TimeoutError as error:
            raise NotDecoded("took too long", None) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode != 0:
        raise NotDecoded(f"decoder ended with {process.returncode}", process.returncode)
    return out


def _start(program: Path) -> tuple[str, ...]:
    """How it starts in a Python that ignores its environment: as a file, so that nothing else of its room is loaded."""
    source = str(Path(__file__).parents[2])
    run = f"runpy.run_path({str(program)!r}, run_name='__main__')"
    return "-c", f"import runpy, sys; sys.path.insert(0, {source!r}); {run}"
