"""What rings whom, as the rooms above see it: buttons, contacts, ring groups, and what may not be done with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from antiphon.directory.rings import Ask, Book, Member, Presence, Priority
from antiphon.errors import BadInput, Conflict, NotFound
from antiphon.tenancy import Place

PriorityName = Literal["alarm", "high", "normal", "low"]
PRIORITIES: dict[PriorityName, Priority] = {
    "alarm": Priority.ALARM,
    "high": Priority.HIGH,
    "normal": Priority.NORMAL,
    "low": Priority.LOW,
}
PartyKind = Literal["contact", "group"]


@dataclass(frozen=True, slots=True)
class Button:
    """A call button. `name` is the user part of the SIP request URI; `user_ids` None rings everybody who may answer there."""

    name: str
    label: str = ""
    user_ids: tuple[str, ...] | None = None
    account_ids: tuple[str, ...] = ()  # telephones and indoor stations of other makers that ring too
    contact_ids: tuple[str, ...] = ()
    group_ids: tuple[str, ...] = ()
    priority: PriorityName = "normal"
    station_ids: tuple[str, ...] = ()  # stations of ours that ring too: indoor stations

    @property
    def members(self) -> tuple[Member, ...]:
        """What is bound to it by name, each once."""
        kinds = (
            ("contact", self.contact_ids),
            ("group", self.group_ids),
            ("user", self.user_ids or ()),
            ("account", self.account_ids),
            ("station", self.station_ids),
        )
        return tuple(dict.fromkeys(Member(kind, one) for kind, ids in kinds for one in ids))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Party:
    """A contact (whom visitors look for) or a ring group. Who rings for it is in its ring plan."""

    kind: PartyKind
    id: str
    name: str
    place: Place
    company_name: str = ""  # of a contact
    picture: str | None = None  # of a contact: changes with the picture
    logo: str | None = None


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button with all that is known about who rings for it, but who is there now (`seeing`)."""

    label: str
    priority: PriorityName
    book: Book
    ask: Ask
    everyone: bool  # the button names nobody: all who may answer there

    @classmethod
    def of(cls, member: Member, name: str, moment: datetime, zone: str) -> Press:
        """Of a call for one receiver alone."""
        return cls("", "normal", Book({member: name}, {}, {}, {}, {}), Ask((member,), moment, zone=zone), False)

    @property
    def user_ids(self) -> frozenset[str]:
        """People who could ring for it at all."""
        known = (member for member in self.book.names if member.kind == "user" and member not in self.book.barred)
        return frozenset(member.id for member in known)

    @property
    def devices(self) -> frozenset[Member]:
        """Accounts and stations that could."""
        there = (member for member in self.book.names if member.kind == "account" or member.kind == "station")
        return frozenset(member for member in there if member not in self.book.barred)

    def seeing(self, presence: Mapping[Member, Presence], ring_max_s: float) -> Press:
        """With who is there, and how long the installation lets ring what no plan gives a time.

        When everybody rings, those who are there come first: there may be more than can be looked at.
        """
        ask = self.lasting(ring_max_s).ask
        if self.everyone:
            away = Presence("offline")
            start = sorted(ask.start, key=lambda member: presence.get(member, away).state == "offline")
            ask = replace(ask, start=tuple(start))
        return replace(self, book=replace(self.book, presence=presence), ask=ask)

    def lasting(self, ring_max_s: float) -> Press:
        """With how long the installation lets ring what no plan gives a time."""
        return replace(self, ask=replace(self.ask, open_s=max(1, round(ring_max_s))))


class UnknownButton(NotFound):
    """The station has no such button."""

    code = "unknown_button"
    sip_status = 404
    title = "This station has no such button."


class ContactNotFound(NotFound):
    """No such contact in this company, or not for this person."""

    code = "contact_not_found"
    title = "This contact does not exist (any more)."


class RingGroupNotFound(NotFound):
    """No such ring group in this company, or not for this person."""

    code = "ring_group_not_found"
    title = "This ring group does not exist (any more)."


class MemberNotFound(NotFound):
    """The plan names somebody or something that is not there; `errors` says where."""

    code = "ring_plan_member_not_found"
    title = "This member does not exist (any more). Choose another one."


class RingPlanNotFound(NotFound):
    """Nobody who could have a ring plan, or not for this person."""

    code = "ring_plan_not_found"
    title = "There is nobody (any more) whose ring plan this could be."


class ButtonNotFound(NotFound):
    """The station has no such button: what a person is told."""

    code = "button_not_found"
    title = "This station has no such button (any more)."


class StillNamed(Conflict):
    """A ring plan, a button or the company's last resort names it; `errors` says which."""

    code = "still_named"
    title = "This is still named in a ring plan, at a button or as the company's last resort. Take it out there first."


class TooManyReceivers(BadInput):
    """A button would ring more at once than can (X4); `errors` names them and the limit."""

    code = "too_many_receivers"
    title = "More would ring at once than can. Bind fewer to this button."


class RingPlanInvalid(BadInput):
    """The plan can't be in force; `errors` has a sentence and the code of each fault, with its field."""

    code = "ring_plan_invalid"
    title = "The ring plan can't be put in force like this."


class NothingDrafted(Conflict):
    """There is no draft that could be put in force."""

    code = "nothing_drafted"
    title = "There is no draft to put in force. Somebody has done so, or thrown it away."


class NothingToUndo(Conflict):
    """Nothing was put in force yet."""

    code = "nothing_to_undo"
    title = "There is nothing to undo."


class QuietInvalid(BadInput):
    """Do not disturb with times that can't be meant; `errors` says where."""

    code = "do_not_disturb_invalid"
    title = "Do not disturb has to end after it begins and not in the past, and its schedule has to be one."
