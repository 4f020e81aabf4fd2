"""Who may open which door now; opening; the door log."""

from antiphon.access.model import (
    Actor,
    Attempt,
    Door,
    DoorKind,
    DoorNeedsCall,
    DoorNotAllowed,
    DoorNotFound,
    Opening,
    Outcome,
)
from antiphon.access.service import CallDigits, Doors, may_open
from antiphon.access.store import (
    add_door,
    attempts,
    door,
    doors,
    doors_of_station,
    follow_station,
    forget_requests,
    named,
    remove_doors,
)
from antiphon.devices import DoorRefused, StationUnreachable

__all__ = [
    "Actor",
    "Attempt",
    "CallDigits",
    "Door",
    "DoorKind",
    "DoorNeedsCall",
    "DoorNotAllowed",
    "DoorNotFound",
    "DoorRefused",
    "Doors",
    "Opening",
    "Outcome",
    "StationUnreachable",
    "add_door",
    "attempts",
    "door",
    "doors",
    "doors_of_station",
    "follow_station",
    "forget_requests",
    "may_open",
    "named",
    "remove_doors",
]
