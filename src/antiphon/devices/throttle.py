"""How often one network may fail to claim: a pure count of failures within the last minute (S6)."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque

from antiphon import limits
from antiphon.devices.model import TooManyClaims

_WINDOW_S = 60.0
_SOURCES_REMEMBERED = 10_000


class ClaimThrottle:
    """Counts failed claims per source: guesses run dry, a fitter who claims a whole house one after another does not."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, address: str, now: float) -> None:
        """Raises `TooManyClaims` after `CLAIM_ATTEMPTS_PER_MINUTE` failures. `now` in monotonic seconds."""
        times = self._failures.get(_source(address))
        while times and times[0] <= now - _WINDOW_S:
            times.popleft()
        if times and len(times) >= limits.CLAIM_ATTEMPTS_PER_MINUTE:
            raise TooManyClaims

    def failed(self, address: str, now: float) -> None:
        """Count a claim that was refused."""
        source = _source(address)
        self._failures.setdefault(source, deque(maxlen=limits.CLAIM_ATTEMPTS_PER_MINUTE)).append(now)
        self._failures.move_to_end(source)
        while len(self._failures) > _SOURCES_REMEMBERED:
            self._failures.popitem(last=False)


def _source(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: one household has the whole of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)
