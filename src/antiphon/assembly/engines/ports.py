"""Which listening ports an installation needs, and which of them somebody else holds.

Runs by itself before anything is installed (`python3 ports.py DATA [OFFSET]`), so it uses the standard library only.
"""

from __future__ import annotations

import ast
import errno
import re
import socket
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

_TCP_AND_UDP = ("tcp", "udp")
# Name in the settings: what it is in the operator's words, how it listens, whether only this machine reaches it.
_LISTENERS: dict[str, tuple[str, tuple[str, ...], bool]] = {
    "https": ("portal, HTTPS", ("tcp",), False),
    "sips": ("stations, SIPS", ("tcp",), False),
    "sips_accounts": ("other makers' stations, SIPS", ("tcp",), False),
    "mqtts": ("stations, MQTTS", ("tcp",), False),
    "device_https": ("stations, HTTPS", ("tcp",), False),
    "stun": ("STUN and TURN", _TCP_AND_UDP, False),
    "sip_edge": ("SIP inside the machine, edge", ("udp",), True),
    "sip_calls": ("SIP inside the machine, calls", ("udp",), True),
    "ng": ("media control inside the machine", ("udp",), True),
    "dtmf_log": ("digits inside the machine", ("udp",), True),
    "metrics": ("figures and health, inside the machine", ("tcp",), True),
}


class Listener(NamedTuple):
    """One port to listen on; `name` is the key in the settings file."""

    name: str
    words: str
    protocol: str
    port: int
    loopback: bool


def listeners(ports: dict[str, int]) -> list[Listener]:
    """Every listener of an installation with these ports, the offset already added."""
    return [
        Listener(name, words, protocol, ports[name], loopback)
        for name, (words, protocols, loopback) in _LISTENERS.items()
        for protocol in protocols
    ]


def occupied(wanted: list[Listener]) -> list[Listener]:
    """Those that cannot be bound now."""
    return [listener for listener in wanted if not _free(listener)]


def _free(listener: Listener) -> bool:
    kind = socket.SOCK_STREAM if listener.protocol == "tcp" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as probe:
        if listener.protocol == "tcp":  # a connection that is still closing is no reason to refuse
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1" if listener.loopback else "0.0.0.0", listener.port))  # noqa: S104 the engines do
            if listener.protocol == "tcp":
                probe.listen(1)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                return False
            raise
    return True


def refusal(taken: list[Listener], settings_file: Path) -> str:
    """The sentence for the person who started us."""
    lines = [f"  {one.protocol.upper()} {one.port} ({one.words}; `{one.name}`)" for one in taken]
    return "\n".join(
        [
            "These ports are in use by something else, nothing was changed:",
            *lines,
            f"Free them, change them in {settings_file} under [ports], or start with --port-offset N.",
        ]
    )


def running(data: Path) -> bool:
    """Whether processes of this installation are alive: then it is ourselves who hold the ports, and `up` sees to them."""
    mark = f"ANTIPHON_INSTALLATION={data}".encode()
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and mark in (process / "environ").read_bytes().split(b"\0"):
                return True
        except OSError:  # ended meanwhile, or another user's
            continue
    return False


def _written(data: Path, offset: str) -> dict[str, int]:
    """Ports from the defaults in the settings' source and the settings file: nothing is installed yet to load them."""
    source = Path(__file__).resolve().parents[2] / "settings" / "__init__.py"
    ports: dict[str, int] = {}
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.ClassDef) and node.name == "Ports":
            for line in node.body:
                match line:
                    case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=int(port))):
                        ports[name] = port
    file = data / "settings.toml"
    try:
        if file.exists():
            written = tomllib.loads(file.read_text()).get("ports", {})
            ports.update(written if isinstance(written, dict) else {})
    except PermissionError:  # the installation of another user; its own `up` will look again
        return {}
    if offset:
        ports["offset"] = int(offset)
    for name in ("offset", *_LISTENERS):
        if type(ports[name]) is not int:
            raise ValueError(f"{name} under [ports] in {file} has to be a whole number, not {ports[name]!r}")
    shifted = {name: ports[name] + ports["offset"] for name in _LISTENERS}
    for name, port in shifted.items():
        if not 1024 <= port <= 65535:
            with_offset = f" (with the offset {ports['offset']})" if ports["offset"] else ""
            raise ValueError(f"port {name} would be {port}{with_offset}, but ports go from 1024 to 65535")
    return shifted


def main(data: Path, offset: str) -> int:
    """0 when every port is free or ours; 1 with the sentence on standard error, 2 for an offset that is no number."""
    if running(data):
        return 0
    if offset and not re.fullmatch(r"[+-]?[0-9]{1,5}", offset):
        sys.stderr.write(f"antiphon: --port-offset has to be a whole number, not {offset!r}; nothing was changed.\n")
        return 2
    try:
        ports = _written(data, offset)
    except tomllib.TOMLDecodeError as error:
        sys.stderr.write(f"antiphon: {data / 'settings.toml'} is not valid TOML: {error}; nothing was changed.\n")
        return 1
    except ValueError as error:
        sys.stderr.write(f"antiphon: {error}; nothing was changed.\n")
        return 1
    taken = occupied(listeners(ports)) if ports else []
    if taken:
        sys.stderr.write(f"antiphon: {refusal(taken, data / 'settings.toml')}\n")
    return 1 if taken else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
