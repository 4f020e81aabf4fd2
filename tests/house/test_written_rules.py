"""The rules that a linter can hold are held: each is proven by a planted fault."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUFF = Path(sys.executable).parent / "ruff"


def codes(text: str, name: str) -> set[str]:
    """Rules that a file of this name and text would break."""
    finished = subprocess.run(
        [RUFF, "check", "--output-format", "concise", "--stdin-filename", name, "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return set(re.findall(r"(?m)^\S+:\d+:\d+: ([A-Z]+\d+)", finished.stdout))


PRODUCT = "src/antiphon/calls/spoilt.py"
TESTS = "tests/calls/test_spoilt.py"
SILENT = "def hear() -> None:\n    try:\n        hear()\n    except ValueError:\n        pass\n"


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        (PRODUCT, SILENT, "SIM105"),
        (PRODUCT, SILENT.replace("ValueError", "Exception"), "BLE001"),
        (PRODUCT, SILENT.replace(" ValueError", ""), "E722"),
        (TESTS, SILENT.replace("ValueError", "Exception"), "BLE001"),
        (PRODUCT, "print('ring')\n", "T201"),
        (PRODUCT, "import time\n\ntime.sleep(1)\n", "TID251"),
        (TESTS, "import time\n\ntime.sleep(1)\n", "TID251"),
        (TESTS, "import pytest\n\npytest.skip('later')\n", "TID251"),
        (TESTS, "import pytest\n\n\n@pytest.mark.skip\ndef test_ring() -> None:\n    assert True\n", "TID251"),
        (TESTS, "import pytest\n\nav = pytest.importorskip('av')\n", "TID251"),
        (PRODUCT, "import os\n\nHOME = os.environ['HOME']\n", "TID251"),
        (PRODUCT, "import os\n\nHOME = os.getenv('HOME')\n", "TID251"),
        (PRODUCT, "import sqlalchemy as sa\n\nQUERY = sa.select(1)\n", "TID251"),
        (PRODUCT, "from datetime import datetime\n\nNOW = datetime.now()\n", "DTZ005"),
        (PRODUCT, "PASSWORD = 'guessed'\nimport subprocess\nsubprocess.run('ls', shell=True)\n", "S602"),
    ],
)
def test_a_planted_fault_is_found(name: str, text: str, code: str) -> None:
    assert code in codes(text, name)


def test_a_blameless_file_passes() -> None:
    assert codes('"""Owns nothing."""\n\nVALUE = 1\n', PRODUCT) == set()
