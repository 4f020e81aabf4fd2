"""The network: ports, parts that answer, the advertised address, and the way back to ourselves through STUN."""

from __future__ import annotations

import ipaddress
import os
import pwd
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from antiphon.assembly.doctor.model import Finding, Patient
from antiphon.assembly.engines import health, ports
from antiphon.assembly.engines.address import LOOPBACK
from antiphon.assembly.engines.ports import Listener
from antiphon.settings import Ports

_PROC = Path("/proc")
_LISTENING = "0A"  # state of a TCP socket in /proc/net/tcp; UDP sockets have 07
_STUN_COOKIE = 0x2112A442


def ports_free(patient: Patient) -> Iterator[Finding]:
    """While nothing of ours runs, everything we need has to be free."""
    if patient.running:
        return
    wanted = patient.settings.ports if patient.settings else Ports()
    for taken in ports.occupied(ports.listeners(wanted.model_dump())):
        yield Finding(
            "port_taken",
            "fault",
            f"{taken.protocol.upper()} port {taken.port} ({taken.words}) is taken by {holder(taken)}.",
            f"Stop that, change `{taken.name}` under [ports] in settings.toml, or start with --port-offset N.",
        )


def holder(listener: Listener) -> str:
    """Which program holds the port, or at least which user."""
    for inode, uid in _sockets(listener):
        for process in _PROC.iterdir():
            if process.name.isdigit() and f"socket:[{inode}]" in _links(process / "fd"):
                name = (process / "comm").read_text().strip()
                return f"{name} (process {process.name})"
        try:
            return f"a program of the user {pwd.getpwuid(uid).pw_name}"
        except KeyError:
            return f"a program of the user {uid}"
    return "a program of somebody else"


def _sockets(listener: Listener) -> Iterator[tuple[int, int]]:
    """Inode and user of whoever listens there (proc(5), /proc/net/tcp)."""
    for name in (listener.protocol, f"{listener.protocol}6"):
        try:
            lines = (_PROC / "net" / name).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            words = line.split()
            port = int(words[1].rpartition(":")[2], 16)
            if port == listener.port and (listener.protocol == "udp" or words[3] == _LISTENING):
                yield int(words[9]), int(words[7])


def _links(folder: Path) -> set[str]:
    """What a process holds open; nothing where this user may not look, or the process has ended."""
    found: set[str] = set()
    with suppress(OSError):
        for entry in list(folder.iterdir()):
            with suppress(OSError):  # closed meanwhile
                found.add(os.readlink(entry))
    return found


def parts_up(patient: Patient) -> Iterator[Finding]:
    """While it runs, every part answers a real question."""
    if not patient.running or patient.settings is None:
        return
    for part in health.health(patient.settings):
        if part.state != "up":
            words = f"{part.name} ({part.words}) is {part.state}: {part.detail}"
            yield Finding("part_down", "fault", words, f"./antiphon logs {part.name} says why.")


def addresses(patient: Patient) -> Iterator[Finding]:
    """Who can reach what we tell phones and stations to dial."""
    if patient.settings is None:
        return
    told = patient.settings.advertised_address
    address = ipaddress.ip_address(told)
    change = "Set advertised_address in settings.toml, or start with --address A."
    if address.is_loopback:
        yield Finding(
            "address_loopback", "warning", f"The advertised address is {told}: only this machine reaches it.", change
        )
    elif not _own(told):
        yield Finding(
            "address_translated",
            "warning",
            f"The advertised address {told} is none of this machine's: calls work only where a router leads it here.",
            "Forward every port of docs/start.md to this machine, UDP ranges included; or "
            + change[0].lower()
            + change[1:],
        )
    elif address.is_private:
        yield Finding(
            "address_private",
            "warning",
            f"The advertised address {told} is private: stations and browsers outside this network do not reach it.",
            "Fine where everybody is in this network. Otherwise: " + change,
        )


def reachable(patient: Patient) -> Iterator[Finding]:
    """Our own STUN answers at the advertised address, and sees us where we are."""
    if not patient.running or patient.settings is None:
        return
    told, port = patient.settings.advertised_address, patient.settings.ports.stun
    try:
        seen = mapped_address(told, port)
    except (OSError, ValueError) as error:
        yield Finding(
            "stun_unreachable",
            "warning",
            f"STUN does not answer at {told}, port {port} ({error}): from here the advertised address leads elsewhere.",
            "Forward the port, and let the router lead its own address back inside (hairpin); or ask from outside.",
        )
        return
    if seen not in (told, LOOPBACK) and not _own(seen):
        words = f"A router changes our address on the way to {told}: STUN sees {seen}. Media may take a detour."
        yield Finding("address_changed_on_the_way", "warning", words, "Advertise the address that others see.")


def mapped_address(host: str, port: int, patience_s: float = 2.0) -> str:
    """As which address the STUN server there sees us (RFC 8489); raises OSError or ValueError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        asked.settimeout(patience_s)
        asked.connect((host, port))
        transaction = os.urandom(12)
        asked.send(struct.pack("!HHI", 1, 0, _STUN_COOKIE) + transaction)
        answer = asked.recv(2048)
    if answer[:2] != b"\x01\x01" or answer[8:20] != transaction:
        raise ValueError("no STUN answer")
    at = 20
    while at + 4 <= len(answer):
        kind, size = struct.unpack_from("!HH", answer, at)
        if kind == 0x0020 and size >= 8:  # XOR-MAPPED-ADDRESS, IPv4
            (masked,) = struct.unpack_from("!I", answer, at + 8)
            return str(ipaddress.IPv4Address(masked ^ _STUN_COOKIE))
        at += 4 + size + (-size % 4)
    raise ValueError("the STUN answer names no address")


def _own(address: str) -> bool:
    """Whether this machine has the address itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
