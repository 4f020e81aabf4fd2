"""Whether a folder can hold an installation.

Runs by itself before anything is installed (`python3 place.py DATA`), so it uses the standard library only.
"""

from __future__ import annotations

import sys
from pathlib import Path

_SOCKET_PATH_MAX = 107  # sun_path of Linux, less the closing zero
_LONGEST_SOCKET = "run/supervisor.sock.12345"


def unusable(data: Path) -> str | None:
    """Why the folder cannot be used, in a sentence, or None. Leaves nothing behind."""
    if len(str(data / _LONGEST_SOCKET)) > _SOCKET_PATH_MAX:
        return f"The path of the data folder is too long for unix sockets: {data}. Choose a shorter one."
    if any(sign in str(data) for sign in "\"'\\\n\t ;#%$`"):
        return f"The path of the data folder holds a blank, a quote or another special sign: {data}. Choose another."
    try:
        place = next(folder for folder in (data, *data.parents) if folder.exists())
        probe = place / ".antiphon-write-probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return f"The data folder {data} cannot be written ({error.strerror}). Choose another with --data DIR."
    return None


def main(data: Path) -> int:
    """0 when it can be used; 1 with the sentence on standard error."""
    why = unusable(data)
    if why:
        sys.stderr.write(f"antiphon: {why}\n")
    return 1 if why else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
