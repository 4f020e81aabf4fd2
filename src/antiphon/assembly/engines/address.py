"""The address that phones and stations dial: set in the settings, or found on this machine."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from antiphon.settings import Settings

_ELSEWHERE = ("192.0.2.1", "10.255.255.255", "172.31.255.255", "192.168.255.255")  # RFC 5737 and the private ranges
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Advertised:
    """An IPv4 address in text; `warning` says what to do when nobody else can reach it."""

    address: str
    warning: str | None = None


def advertised(settings: Settings) -> Advertised:
    """The address in the settings, else the one this machine sends from; loopback with a warning when it has none."""
    if settings.advertised_address:
        return Advertised(settings.advertised_address)
    for target in _ELSEWHERE:
        found = _source_address(target)
        if found:
            return Advertised(found)
    return Advertised(
        LOOPBACK,
        "This machine has no network address that others could dial: only this machine can use the portal. "
        "Set `advertised_address` in the settings file, or start with --address A.",
    )


def listening(address: str) -> str:
    """Where the engines listen so that `address` is reached: itself, or this machine's own address behind a translation."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return next((found for target in _ELSEWHERE if (found := _source_address(target))), LOOPBACK)
    return address


def _source_address(target: str) -> str | None:
    """What the routing table would send from; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((target, 9))
        except OSError:
            return None
        found = str(probe.getsockname()[0])
    address = ipaddress.ip_address(found)
    return None if address.is_loopback or address.is_unspecified else found
