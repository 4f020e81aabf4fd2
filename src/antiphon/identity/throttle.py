"""How often somebody may fail to sign in, and ask for a link: pure counts within the last minute or hour."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager

from antiphon.errors import TooMany
from antiphon.limits import (
    EMAIL_TAKEN_PER_COMPANY,
    EMAIL_TAKEN_PER_PERSON,
    INVITATION_MAILS_PER_COMPANY,
    INVITATION_MAILS_PER_EMAIL,
    LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE,
    LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE,
    LOGIN_ATTEMPTS_PER_MINUTE,
    LOGIN_ATTEMPTS_REMEMBERED,
    PASSWORD_LINKS_PER_ADDRESS,
    PASSWORD_LINKS_PER_EMAIL,
    PASSWORD_LINKS_WINDOW_S,
)
from antiphon.tenancy import EmailTaken

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
        self._counts = _Hourly()

    def admit(self, address: str, now: float) -> None:
        """Count one question of that source address; raises `TooMany`. `now` in monotonic seconds."""
        if not self._counts.count(("from", _source(address)), PASSWORD_LINKS_PER_ADDRESS, now):
            raise TooMany("Too many links asked for. Wait an hour and try again.")

    def allows(self, email: str, now: float) -> bool:
        """Count one question for that e-mail address; False when it had its links."""
        return self._counts.count(("for", email), PASSWORD_LINKS_PER_EMAIL, now)


class InvitationThrottle:
    """Counts the invitations that go out by mail: no company fills mailboxes, and nobody's is filled."""

    def __init__(self) -> None:
        self._counts = _Hourly()

    def admit(self, company_id: str, email: str, now: float) -> None:
        """Count one mail of that company to that address; raises `TooMany`. `now` in monotonic seconds."""
        if not self._counts.count(("to", email), INVITATION_MAILS_PER_EMAIL, now):
            raise TooMany("This address was sent several invitations. Wait an hour, or hand the link over yourself.")
        if not self._counts.count(("company", company_id), INVITATION_MAILS_PER_COMPANY, now):
            raise TooMany("Too many invitations by mail. Wait an hour, or hand links over yourself.")


class TakenThrottle:
    """Counts refusals that tell that somebody signs in with an address: nobody finds out who exists by trying many."""

    def __init__(self) -> None:
        self._counts = _Hourly()

    @contextmanager
    def watching(self, now: float, *, person: str, together: str) -> Iterator[None]:
        """Counts an `EmailTaken` in it; raises `TooMany` at once after many. `person`: who asks, or from which address;
        `together`: their company, or the invitation they hold; `now` in monotonic seconds."""
        each = (("person", _source(person)), EMAIL_TAKEN_PER_PERSON), (("together", together), EMAIL_TAKEN_PER_COMPANY)
        if any(self._counts.reached(key, most, now) for key, most in each):
            raise TooMany("Too many addresses tried that are taken. Wait an hour and try again.")
        try:
            yield
        except EmailTaken:
            for key, most in each:
                self._counts.count(key, most, now)
            raise


class _Hourly:
    """Counts within the last window, of however many keys; the oldest keys are forgotten first."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def reached(self, key: tuple[str, str], most: int, now: float) -> bool:
        """Whether `most` were counted."""
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while len(self._times) > LOGIN_ATTEMPTS_REMEMBERED:
            self._times.popitem(last=False)
        while times and times[0] <= now - PASSWORD_LINKS_WINDOW_S:
            times.popleft()
        return len(times) >= most

    def count(self, key: tuple[str, str], most: int, now: float) -> bool:
        """Count one; False, and nothing counted, when there were `most` already."""
        if self.reached(key, most, now):
            return False
        self._times[key].append(now)
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
