"""Who rings for a button: pure types."""

from __future__ import annotations

from dataclasses import dataclass

from antiphon.errors import NotFound


@dataclass(frozen=True, slots=True)
class RingPlan:
    """Who rings now, and for how long at most: people, and SIP accounts. `button_label` may be empty."""

    user_ids: tuple[str, ...]
    ring_max_s: float
    button_label: str = ""
    account_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A call button. `name` is the user part of the SIP request URI; `user_ids` None rings every active user."""

    name: str
    label: str = ""
    user_ids: tuple[str, ...] | None = None
    account_ids: tuple[str, ...] = ()  # telephones and indoor stations of other makers that ring too


class UnknownButton(NotFound):
    """The station has no such button."""

    code = "unknown_button"
    sip_status = 404
    title = "This station has no such button."
