"""`logs`: what the parts wrote, and with `--call` the story of one call from all of them."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from antiphon.assembly import story
from antiphon.assembly.verbs.words import installed
from antiphon.errors import NotFound
from antiphon.settings import Settings

_LAST_LINES = 50


def logs(asked: argparse.Namespace, data: Path) -> int:
    """The last lines of one part or of all; `-f` follows until Ctrl-C; `--call` and `--json` read them as one."""
    settings = installed(data)
    known = sorted(path.stem for path in settings.logs.glob("*.log"))
    if asked.part and asked.part not in known:
        raise NotFound(f"There is no part {asked.part}. Parts that wrote something: {', '.join(known) or 'none yet'}.")
    if asked.call or asked.json:
        return _as_one(asked, settings)
    files = [str(settings.logs / f"{name}.log") for name in ([asked.part] if asked.part else known)]
    if not files:
        raise NotFound("Nothing was written yet.")
    sys.stdout.flush()
    command = ["tail", "-n", str(_LAST_LINES), *(["-F"] if asked.follow else []), "--", *files]
    return subprocess.run(command, check=False).returncode


def _as_one(asked: argparse.Namespace, settings: Settings) -> int:
    entries = story.everything(settings.logs, [asked.part] if asked.part else None)
    if asked.call:
        entries = story.of_call(entries, asked.call)
        if not entries:
            raise NotFound(f"No part wrote about the call {asked.call}. Logs are kept to 60 MB a part.")
        if not asked.json:
            sys.stdout.write(f"{asked.call}, times in UTC\n")
    for entry in entries:
        sys.stdout.write((entry.as_json() if asked.json else entry.as_line()) + "\n")
    return 0
