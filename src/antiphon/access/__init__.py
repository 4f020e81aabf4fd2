"""Who may open which door now; opening; the door log."""

from antiphon.access.model import Actor, Attempt, Door, DoorKind, DoorNotAllowed, DoorNotFound, Opening, Outcome
from antiphon.access.service import Doors, may_open
from antiphon.access.store import add_door, attempts, door, doors, doors_of_station, forget_requests
from antiphon.devices import DoorRefused, StationUnreachable

__all__ = [
    "Actor",
    "Attempt",
    "Door",
    "DoorKind",
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
    "forget_requests",
    "may_open",
]
