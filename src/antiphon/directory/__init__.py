"""Call buttons and whom they ring, contacts, ring groups, ring plans, do not disturb: "who rings now, and why?"."""

from antiphon.directory.binding import refuse_crowds
from antiphon.directory.book import press
from antiphon.directory.model import (
    Button,
    Party,
    Press,
    PriorityName,
    StillNamed,
    TooManyReceivers,
    UnknownButton,
)
from antiphon.directory.parties import leave_place, named
from antiphon.directory.ring_settings import every_calendar
from antiphon.directory.store import buttons, forget_device, set_buttons

__all__ = [
    "Button",
    "Party",
    "Press",
    "PriorityName",
    "StillNamed",
    "TooManyReceivers",
    "UnknownButton",
    "buttons",
    "every_calendar",
    "forget_device",
    "leave_place",
    "named",
    "press",
    "refuse_crowds",
    "set_buttons",
]
