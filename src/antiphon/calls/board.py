"""Owns what clients are told of stations: the database's picture, coloured by the calls that go on."""

from __future__ import annotations

from collections.abc import Callable, Collection

from antiphon import log
from antiphon.calls.live import LiveCall
from antiphon.calls.orders import Orders
from antiphon.calls.ports import ClientInfo, ClientPort
from antiphon.calls.views import station_view, station_views
from antiphon.database import Database, Scope, Tx
from antiphon.devices import StationNotFound, station
from antiphon.errors import AntiphonError
from antiphon.wire import client as wire

_log = log.get("calls")


class StationBoard:
    """`calls` gives the calls that go on now."""

    def __init__(
        self, database: Database, clients: ClientPort, orders: Orders, calls: Callable[[], Collection[LiveCall]]
    ) -> None:
        self._database, self._clients, self._orders, self._calls = database, clients, orders, calls

    async def of_client(self, client: ClientInfo) -> tuple[wire.StationView, ...]:
        """Every station that this person knows, as it is now."""
        scope = Scope(client.company_id)
        views = await self._database.read(lambda tx: station_views(tx, scope, client.sees, client.opens))
        return tuple(self._with_state(view) for view in views)

    def tell(self, call: LiveCall) -> None:
        """Tell the company's clients what this call makes of its station."""
        if call.station is None or call.view is None:
            return
        if call.machine.over:
            if self._clients.watched(call.station.company_id):  # the database knows its new picture
                self.push(call.station.company_id, call.station.id)
        else:
            changed = wire.StationChanged(station=self._with_state(call.view))
            self._clients.broadcast(call.station.company_id, changed, call.station.path)

    def push(self, company_id: str, station_id: str) -> None:
        """Look the station up anew and tell the company's clients; spared where nobody would be told."""
        if self._clients.watched(company_id) or any(call.station_id == station_id for call in self._calls()):
            self._orders.start(None, self._push(Scope(company_id), station_id))

    async def _push(self, scope: Scope, station_id: str) -> None:
        def look(tx: Tx) -> tuple[wire.StationView, str]:
            found = station(tx, scope, station_id)
            return station_view(tx, found), found.path

        try:
            view, path = await self._database.read(look)
        except StationNotFound:
            return
        except AntiphonError as error:
            _log.warning("station state not told", device_id=station_id, code=error.code)
            return
        for call in self._calls():
            if call.station is not None and call.station.id == station_id:
                call.view = view
        self._clients.broadcast(scope.company_id, wire.StationChanged(station=self._with_state(view)), path)

    def _with_state(self, view: wire.StationView) -> wire.StationView:
        states = {
            call.station_state()
            for call in self._calls()
            if call.station is not None and call.station.id == view.station_id
        }
        if "in_call" in states:
            return view.model_copy(update={"state": "in_call"})
        return view.model_copy(update={"state": "ringing"}) if "ringing" in states else view
