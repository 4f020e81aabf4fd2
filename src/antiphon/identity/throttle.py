"""How often somebody may fail to sign in, and ask for a link: pure counts within the last minute or hour."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque

from antiphon.errors import TooMany
from antiphon.limits import (
    LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE,
    LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE,
    LOGIN_ATTEMPTS_PER_MINUTE,
    LOGIN_ATTEMPTS_REMEMBERED,
    PASSWORD_LINKS_PER_ADDRESS,
    PASSWORD_LINKS_PER_EMAIL,
    PASSWORD_LINKS_WINDOW_S,
)

_WINDOW_S = 60.0
TOO_MANY_SIGN_INS = "Too many failed sign-ins. Wait a minute and try again."


class LoginThrottle:
    """Counts per account and address together, so that a stranger elsewhere can't lock an account; and per address alone.

    Per account alone it counts too, and refuses nothing by that: see `is_crowded`.
    """

    def __init__(self) -> None:
        self._failures: OrderedDict[tuple[str, ...], deque[float]] = OrderedDict()

    def admit(self, account: str, address: str, now: float) -> None:
        """Count an attempt as failed until `succeeded` takes it back; raises `TooMany`. `now` in monotonic seconds."""
        both, of_address, of_account = _keys(account, address)
        for key, most in ((both, LOGIN_ATTEMPTS_PER_MINUTE), (of_address, LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE)):
            if len(self._recent(key, now)) >= most:
                raise TooMany(TOO_MANY_SIGN_INS)
        for key in (both, of_address, of_account):
            self._recent(key, now).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > LOGIN_ATTEMPTS_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """Forget the failures of this account from this address."""
        both, *others = _keys(account, address)
        forgotten = self._failures.pop(both, deque())
        for counted in [self._failures.get(key) for key in others]:
            for _attempt in forgotten:
                if counted:
                    counted.pop()

    def is_crowded(self, account: str, now: float) -> bool:
        """Whether so many fail at this account, from wherever, that it is being guessed from many places at once."""
        return len(self._recent(("account", account), now)) >= LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE

    def _recent(self, key: tuple[str, ...], now: float) -> deque[float]:
        times = self._failures.setdefault(key, deque())
        while times and times[0] <= now - _WINDOW_S:
            times.popleft()
        return times


class LinkThrottle:
    """Counts who asks for links, and for which address: a stranger fills nobody's mailbox, from however many places."""

    def __init__(self) -> None:
        self._asked: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def admit(self, address: str, now: float) -> None:
        """Count one question of that source address; raises `TooMany`. `now` in monotonic seconds."""
        if not self._count(("from", _source(address)), PASSWORD_LINKS_PER_ADDRESS, now):
            raise TooMany("Too many links asked for. Wait an hour and try again.")

    def allows(self, email: str, now: float) -> bool:
        """Count one question for that e-mail address; False when it had its links."""
        return self._count(("for", email), PASSWORD_LINKS_PER_EMAIL, now)

    def _count(self, key: tuple[str, str], most: int, now: float) -> bool:
        times = self._asked.setdefault(key, deque())
        self._asked.move_to_end(key)
        while len(self._asked) > LOGIN_ATTEMPTS_REMEMBERED:
            self._asked.popitem(last=False)
        while times and times[0] <= now - PASSWORD_LINKS_WINDOW_S:
            times.popleft()
        if len(times) >= most:
            return False
        times.append(now)
        return True


def same_source(one: str, other: str) -> bool:
    """Whether both addresses count as one."""
    return _source(one) == _source(other)


def _keys(account: str, address: str) -> tuple[tuple[str, ...], ...]:
    source = _source(address)
    return ("both", account, source), ("address", source), ("account", account)


def _source(address: str) -> str:
    """An IPv4 address, or the /64 an IPv6 address is in: one customer has the whole of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed.packed[:8] + bytes(8), 64)))
    return str(parsed)
