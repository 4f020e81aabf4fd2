"""Every code that a refusal of the API may carry, from the errors of the rooms below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from antiphon.assembly.problems import BY_STATUS
from antiphon.errors import AntiphonError

# What other rooms refuse (media, mail, copies of the database), nobody hears who asks the API.
ROOMS = (
    "antiphon.errors",
    "antiphon.database.failures",
    "antiphon.tenancy.",
    "antiphon.identity.",
    "antiphon.directory.",
    "antiphon.devices.",
    "antiphon.access.",
    "antiphon.calls.",
    "antiphon.gateways.stream",
)


@dataclass(frozen=True, slots=True, order=True)
class Code:
    """A code with its HTTP status and what is said where nothing more exact is known."""

    code: str
    status: int
    title: str


def codes() -> list[Code]:
    """All of them by name, each once."""
    found = {code: Code(code, status, title) for status, (code, title) in sorted(BY_STATUS.items())}
    kinds: list[type[AntiphonError]] = [AntiphonError, *_kinds(AntiphonError)]
    for kind in kinds:
        if kind.__module__.startswith(ROOMS):
            found[kind.code] = Code(kind.code, kind.http_status, kind.title)
    return sorted(found.values())


def _kinds(kind: type[AntiphonError]) -> Iterator[type[AntiphonError]]:
    for one in kind.__subclasses__():
        if "code" in vars(one):  # otherwise it is its parent's, with other words at most
            yield one
        yield from _kinds(one)
