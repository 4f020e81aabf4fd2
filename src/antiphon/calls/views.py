"""Owns how a station looks to clients: its record, its doors, its newest picture, and what it does right now."""

from __future__ import annotations

from datetime import datetime

from antiphon import access, devices
from antiphon.calls import store
from antiphon.database import Scope, Tx
from antiphon.tenancy import Reach
from antiphon.wire.client import DoorView, StationView


def station_view(tx: Tx, station: devices.Station) -> StationView:
    """One station, its state as far as the database knows it: online or offline."""
    scope = Scope(station.company_id)
    picture = store.newest_picture(tx, scope, station.id)
    return _view(station, access.doors_of_station(tx, scope, station.id), picture)


def station_views(tx: Tx, scope: Scope, sees: Reach, opens: Reach) -> tuple[StationView, ...]:
    """Every station within `sees` that is in service, by name; doors show whether they are within `opens`."""
    pictures = store.newest_pictures(tx, scope)
    doors: dict[str, list[access.Door]] = {}
    for door in access.doors(tx, scope):
        doors.setdefault(door.station_id, []).append(door)
    return tuple(
        _view(station, tuple(doors.get(station.id, ())), pictures.get(station.id), opens.covers(station.path))
        for station in devices.stations(tx, scope, reach=sees)
        if station.status == "claimed"
    )


def _view(
    station: devices.Station,
    doors: tuple[access.Door, ...],
    picture: tuple[str, datetime] | None,
    may_open: bool = True,
) -> StationView:
    return StationView(
        station_id=station.id,
        name=station.name,
        place=station.place,
        time_zone=station.time_zone,
        kind=station.kind,
        state="online" if station.online else "offline",
        since=station.since,
        snapshot_id=picture[0] if picture else None,
        snapshot_at=picture[1] if picture else None,
        doors=tuple(
            # What is shown; `access` decides at the tap.
            DoorView(door_id=door.id, name=door.name, kind=door.kind, may_open=may_open, pulse_s=door.pulse_s)
            for door in doors
        ),
    )
