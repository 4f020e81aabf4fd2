"""HTTP of call buttons: which a station has and whom each rings."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, model_validator

from antiphon.database import Database, Tx
from antiphon.directory import book, editing, store
from antiphon.directory.binding import refuse_crowds
from antiphon.directory.book import NamesOfDevices
from antiphon.directory.model import Button, ContactNotFound, PriorityName, RingGroupNotFound, TooManyReceivers
from antiphon.directory.plan_views import MemberItem
from antiphon.limits import BUTTONS_PER_STATION_MAX, RING_TARGETS_PER_BUTTON_MAX
from antiphon.tenancy import Label, UserNotFound, paging
from antiphon.tenancy.asking import Asker, Needs, Refuses, Route, Tagged
from antiphon.tenancy.paging import IfMatch
from antiphon.tenancy.views import Id

router = APIRouter(route_class=Route, prefix="/api/v1/stations/{station_id}/buttons", tags=["buttons"])


Readers = Annotated[Asker, Depends(Needs("stations.read"))]
Writers = Annotated[Asker, Depends(Needs("stations.configure"))]


class ButtonBody(BaseModel):
    """A button. `user_ids` null rings everybody who may answer there; an empty list rings nobody of them.

    What else is named rings as well: contacts and ring groups by their ring plans, indoor stations, accounts of telephones and
    indoor stations of other makers. A station never rings itself. A call of higher `priority` is shown first; an alarm rings people too who are in a call or, where the company
    allows it, do not want to be disturbed.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9-]{1,32}$", examples=["main"])
    label: Label = Field(default="", examples=["Hausverwaltung"])
    user_ids: list[Id] | None = Field(default=None, max_length=RING_TARGETS_PER_BUTTON_MAX)
    account_ids: list[Id] = Field(default_factory=list, max_length=RING_TARGETS_PER_BUTTON_MAX)
    station_ids: list[Id] = Field(default_factory=list, max_length=RING_TARGETS_PER_BUTTON_MAX)
    contact_ids: list[Id] = Field(default_factory=list, max_length=RING_TARGETS_PER_BUTTON_MAX)
    group_ids: list[Id] = Field(default_factory=list, max_length=RING_TARGETS_PER_BUTTON_MAX)
    priority: PriorityName = "normal"


class Buttons(BaseModel):
    """All buttons of a station, each name once."""

    model_config = ConfigDict(extra="forbid")

    items: list[ButtonBody] = Field(max_length=BUTTONS_PER_STATION_MAX)

    @model_validator(mode="after")
    def _each_name_once(self) -> Buttons:
        if len({button.name for button in self.items}) < len(self.items):
            raise ValueError("two buttons have the same name")
        return self


class StationButtons(BaseModel):
    """All buttons of a station, and what those bound to them are called (`name` null: not for you)."""

    items: list[ButtonBody]
    members: list[MemberItem]


def _view(tx: Tx, asker: Asker, station_id: str, devices: NamesOfDevices, *, named: bool) -> StationButtons:
    found = store.buttons(tx, asker.scope, station_id)
    members = sorted({member for button in found for member in button.members})
    names = book.names_of(tx, asker.scope, members, devices) if named else {}
    return StationButtons(
        members=[editing.item(member, names) for member in members],
        items=[
            ButtonBody(
                name=button.name,
                label=button.label,
                user_ids=None if button.user_ids is None else list(button.user_ids),
                account_ids=list(button.account_ids),
                station_ids=list(button.station_ids),
                contact_ids=list(button.contact_ids),
                group_ids=list(button.group_ids),
                priority=button.priority,
            )
            for button in found
        ],
    )


@router.get("", summary="Buttons of a station")
@Refuses("station_not_found")
async def list_buttons(station_id: Id, request: Request, response: Tagged, asker: Readers) -> StationButtons:
    """The station's buttons and whom each rings; by name for whoever may see there who rings."""
    state = request.app.state
    database: Database = state.database

    def look(tx: Tx) -> StationButtons:
        station = state.admit_station(tx, asker, station_id)
        named = asker.reach("ring_plans.read").covers(station.path)
        return _view(tx, asker, station_id, state.names_of_devices, named=named)

    return paging.tagged(response, await database.read(look))


@router.put("", summary="Set the buttons of a station")
@Refuses(
    UserNotFound,
    ContactNotFound,
    RingGroupNotFound,
    TooManyReceivers,
    "station_not_found",
    "account_not_found",
    "buttons_invalid",
)
async def put_buttons(
    station_id: Id, body: Buttons, request: Request, response: Tagged, asker: Writers, if_match: IfMatch = None
) -> StationButtons:
    """Replace all buttons of the station; in force for the next press. No button may ring more than 32 at once."""
    state = request.app.state
    database: Database = state.database
    now = state.clock.now()
    wanted = [
        Button(
            button.name,
            button.label,
            None if button.user_ids is None else tuple(button.user_ids),
            tuple(button.account_ids),
            tuple(button.contact_ids),
            tuple(button.group_ids),
            button.priority,
            tuple(button.station_ids),
        )
        for button in body.items
    ]

    def change(tx: Tx) -> StationButtons:
        station = state.admit_station(tx, asker, station_id, "stations.configure")
        named = asker.reach("ring_plans.read").covers(station.path)
        view = partial(_view, tx, asker, station_id, state.names_of_devices, named=named)
        paging.check_match(if_match, view)
        for account_id in {account_id for button in wanted for account_id in button.account_ids}:
            state.require_account(tx, asker.scope, account_id)
        for rung_id in {rung_id for button in wanted for rung_id in button.station_ids}:
            state.require_station(tx, asker.scope, rung_id)
        before = store.buttons(tx, asker.scope, station_id)
        store.set_buttons(tx, asker.scope, station_id, wanted)
        refuse_crowds(tx, asker.scope, station.path, wanted, before, state.names_of_devices, now)
        if store.buttons(tx, asker.scope, station_id) != before:
            state.buttons_changed(tx, asker.scope, station_id, wanted, now)
            asker.record(tx, now, "buttons.changed", station_id, names=[button.name for button in wanted])
        return view()

    return paging.tagged(response, await database.run(change))
