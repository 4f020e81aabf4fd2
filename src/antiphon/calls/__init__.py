"""Calls: the call machine, its legs, records and snapshots."""

from antiphon.calls.admission import names_of_devices, presence_of
from antiphon.calls.model import CallLimits
from antiphon.calls.ports import (
    ClientEvents,
    ClientInfo,
    ClientPort,
    KeyFrame,
    MediaEvents,
    MediaPort,
    SipEvents,
    SipPort,
    StationInvite,
)
from antiphon.calls.service import CallService
from antiphon.calls.snapshots import Snapshots
from antiphon.calls.station_tests import forget as forget_tests
from antiphon.calls.store import leave_place
from antiphon.calls.synthetic import SyntheticReceiver

__all__ = [
    "CallLimits",
    "CallService",
    "ClientEvents",
    "ClientInfo",
    "ClientPort",
    "KeyFrame",
    "MediaEvents",
    "MediaPort",
    "SipEvents",
    "SipPort",
    "Snapshots",
    "StationInvite",
    "SyntheticReceiver",
    "forget_tests",
    "leave_place",
    "names_of_devices",
    "presence_of",
]
