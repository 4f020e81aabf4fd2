"""The SIP edge forgets a station that is locked out, and tells it so on the connection that still stands."""

from __future__ import annotations

import asyncio
import ssl

import httpx
import pytest

from antiphon.gateways.edge import EdgeAway, EngineEdge
from hardware import new_key
from installed import Hardware, Installed, until
from residents import Tenant

pytestmark = pytest.mark.system


async def register(station: Hardware, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> int:
    """One REGISTER on an open connection; returns the status of its answer."""
    aor = f"sip:{station.id}@{station.reply.sip_domain}"
    lines = (
        f"REGISTER sip:{station.reply.sip_domain} SIP/2.0",
        f"Via: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bK{station.id}{number};rport",
        "Max-Forwards: 70",
        f"From: <{aor}>;tag={number}",
        f"To: <{aor}>",
        f"Call-ID: {station.id}",
        f"CSeq: {number} REGISTER",
        f"Contact: <sip:{station.id}@127.0.0.1:9;transport=tls>",
        "Expires: 120",
        "Content-Length: 0",
    )
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    async with asyncio.timeout(5):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    return int(head.split(" ", 2)[1])


async def test_a_revoked_station_is_not_registered_any_more_and_cannot_register_again(
    installed: Installed, company: Tenant
) -> None:
    edge = EngineEdge(installed.settings)
    station = await installed.station(company)
    reader, writer = await asyncio.open_connection(
        station.reply.sip_host, station.reply.sip_port, ssl=station.tls(), server_hostname="127.0.0.1"
    )
    try:
        assert await register(station, reader, writer, 1) == 200
        assert await edge.registered(station.id)
        async with installed.facts() as facts, installed.administrator(company) as anna:
            await anna.post(f"/api/v1/stations/{station.id}/revoke")
            await facts.wait_for("DeviceRevoked", device_id=station.id)
        assert await register(station, reader, writer, 2) == 403

        async def forgotten() -> bool:
            return not await edge.registered(station.id)

        await until(forgotten)
    finally:
        writer.close()


async def test_the_front_takes_a_new_revocation_list_at_once(installed: Installed, company: Tenant) -> None:
    """A connection that is opened after the revocation ends in the handshake; nobody else notices."""
    lost, kept = await installed.station(company), await installed.station(company, "Tor")

    async def let_in(station: Hardware) -> bool:
        try:
            async with httpx.AsyncClient(base_url=device_portal(installed), verify=station.tls()) as client:
                return (await client.get("/device/v1/me")).status_code in (200, 403)
        except (httpx.TransportError, ssl.SSLError):
            return False

    assert await let_in(lost)
    async with installed.administrator(company) as anna:
        assert (await anna.post(f"/api/v1/stations/{lost.id}/revoke")).status_code == 200

    async def kept_out() -> bool:
        return not await let_in(lost)

    await until(kept_out)
    assert await let_in(kept)


def device_portal(installed: Installed) -> str:
    return f"https://127.0.0.1:{installed.settings.ports.device_https}"


async def test_new_hardware_in_an_old_place_ends_the_old_ones_registration(
    installed: Installed, company: Tenant
) -> None:
    edge = EngineEdge(installed.settings)
    old = await installed.station(company)
    reader, writer = await asyncio.open_connection(
        old.reply.sip_host, old.reply.sip_port, ssl=old.tls(), server_hostname="127.0.0.1"
    )
    try:
        assert await register(old, reader, writer, 1) == 200
        async with installed.facts() as facts, installed.administrator(company) as anna:
            code = (await anna.post(f"/api/v1/stations/{old.id}/claim-code")).json()["claim_code"]
            assert (await installed.claim(code, new_key())).status_code == 200
            await facts.wait_for("DeviceRevoked", device_id=old.id)  # the calls role ends the old one's calls by it
            station = (await anna.get(f"/api/v1/stations/{old.id}")).json()
        assert station["status"] == "claimed"
        assert await register(old, reader, writer, 2) == 403

        async def forgotten() -> bool:
            return not await edge.registered(old.id)

        await until(forgotten)
    finally:
        writer.close()


async def test_forgetting_a_station_that_never_registered_is_fine(installed: Installed) -> None:
    await EngineEdge(installed.settings).drop_registration("station_never_seen")


async def test_an_edge_that_is_away_is_an_error(installed: Installed) -> None:
    away = installed.settings.model_copy(update={"data": installed.settings.data / "nowhere"})
    with pytest.raises(EdgeAway):
        await EngineEdge(away).drop_registration("station_never_seen")
    with pytest.raises(EdgeAway):
        await EngineEdge(away).reload_revocations()
