"""What stations send wrong, and who only pretends to be one: refused with a code, logged, recorded, and nothing else suffers.

The same at the engines alone: tests/ops/test_sip_edge.py; on the broker: tests/system/devices/test_stations_on_the_broker.py.
"""

from __future__ import annotations

import json
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from antiphon.limits import SIP_BUFFER_BYTES, SIP_REQUEST_MAX_BYTES
from corridor.conftest import Account
from corridor.platform_under_test import Platform
from corridor.stranger import OFFER, Device, LogReader, Office, Socket, final, reason, until
from corridor.visitor import Visitor
from ops import engines, sip

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("unharmed")]


@pytest.fixture
def edge_log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "kamailio.log")


@pytest.fixture
def calls_log(platform: Platform) -> LogReader:
    return LogReader(platform.data / "log" / "calls.log")


# -- malformed SIP ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoiled", "with_", "status", "code"),
    [
        ("CSeq: 1 INVITE", "CSeq: 1 REGISTER", 400, "malformed"),
        ("CSeq: 1 INVITE", "CSeq: 99999999999999 INVITE", 400, "malformed"),
        ("Max-Forwards: 70", "Max-Forwards: 0", 483, "too_many_hops"),
        ("From: <sip:{id}@", "From: <sip:@", 400, "malformed"),
        ("INVITE sip:main@", "DANCE sip:main@", 405, "method_not_allowed"),
        ("INVITE sip:main@", "INVITE http://main@", 400, "malformed"),
        ("Content-Type: application/sdp", "Content-Type: text/plain", 415, "malformed"),
        ("Contact: <sip:{id}@127.0.0.1:40000;transport=tls>\r\n", "", 400, "malformed"),
    ],
)
def test_a_request_that_is_wrong_in_one_place(
    device: Device, edge_log: LogReader, calls_log: LogReader, spoiled: str, with_: str, status: int, code: str
) -> None:
    spoiled = spoiled.format(id=device.id)
    whole = device.invite().decode()
    assert spoiled in whole
    method = "DANCE" if "DANCE" in with_ else ""
    wrong = whole.replace(spoiled, with_)
    if method:
        wrong = wrong.replace("CSeq: 1 INVITE", f"CSeq: 1 {method}")
    with device.line() as line:
        answer = final(line, wrong.encode())
    assert sip.status(answer) == status
    assert reason(answer) == code
    until("it is logged", lambda: f"code={code}" in edge_log.text() or "sip message refused" in calls_log.text())


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.0\r\n\r\n", b"A" * 200_000, b"INVITE\r\n\r\n", b"INVITE sip:main@antiphon.local SIP/7.0\r\n\r\n"],
    ids=["http", "endless", "a word", "version 7"],
)
def test_garbage_instead_of_sip(device: Device, edge_log: LogReader, garbage: bytes) -> None:
    with device.line() as line:
        try:
            line.send(garbage)
            assert sip.status(line.receive(within_s=1)) >= 400
        except (OSError, ValueError):
            assert True, "closed or silent: nobody is there who would understand an answer"
    until("it is logged", lambda: bool(edge_log.text()))


# -- who somebody is ----------------------------------------------------------------------------------------------------


def expired(office: Office, device: Device, folder: Path) -> engines.Station:
    """The certificate that this station had three years ago."""
    return engines.station(office.platform.settings.pki, folder, device.id, datetime.now(UTC) - timedelta(days=1000))


@pytest.mark.parametrize("who", ["nobody", "stranger", "expired"])
def test_a_connection_without_a_valid_certificate_ends_in_the_handshake(
    office: Office, device: Device, edge_log: LogReader, tmp_path: Path, who: str
) -> None:
    shown = {
        "nobody": lambda: None,
        "stranger": lambda: engines.stranger(tmp_path, device.id),
        "expired": lambda: expired(office, device, tmp_path),
    }[who]()
    settings = office.platform.settings
    with pytest.raises((ssl.SSLError, ConnectionError)), engines.connect(settings, settings.ports.sips, shown) as raw:
        sip.Line(raw).ask(device.register())
    edge_log.says("did not return a certificate" if who == "nobody" else "certificate verify failed")
    edge_log.says("src addr: 127.0.0.1")


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_a_station_that_speaks_for_another(device: Device, visitor: Visitor, edge_log: LogReader, method: str) -> None:
    other = visitor.status["device_id"]
    request = device.register(other) if method == "REGISTER" else device.invite(user=other)
    with device.line() as line:
        answer = final(line, request)
    assert (sip.status(answer), reason(answer)) == (403, "identity_mismatch")
    edge_log.says("code=identity_mismatch", f"device={device.id}", f"method={method}", "source=127.0.0.1")


def test_forged_headers_do_not_make_another_caller(
    device: Device, visitor: Visitor, office: Office, calls_log: LogReader
) -> None:
    other = visitor.status["device_id"]
    before = len(office.calls_of(other))
    forged = (f"X-Antiphon-Device: {other}", f"x-antiphon-account: {other}")
    with device.line() as line:
        answer = final(line, device.invite("nowhere", *forged))
    assert (sip.status(answer), reason(answer)) == (404, "unknown_button")
    assert calls_log.tells("call refused", code="unknown_button")["device_id"] == device.id
    office.record_of(device.id, "unknown_button")
    assert len(office.calls_of(other)) == before


def test_a_station_that_nobody_claimed(office: Office, tmp_path: Path, calls_log: LogReader) -> None:
    created = office.add("Rohbau")
    unclaimed = Device(office.platform, engines.station(office.platform.settings.pki, tmp_path, created["id"]))
    with unclaimed.line() as line:
        answer = final(line, unclaimed.invite())
    assert (sip.status(answer), reason(answer)) == (403, "unclaimed")
    calls_log.tells("call refused", code="unclaimed", status=403, device_id=created["id"])
    office.record_of(created["id"], "revoked")


def test_hardware_whose_place_was_claimed_anew(office: Office, edge_log: LogReader) -> None:
    created = office.add("Lieferanten")
    old = office.device(created["claim_code"])
    with old.line() as line:
        assert sip.status(line.ask(old.register())) == 200
        new = office.device(office.code(created["id"]))
        for request in (old.register(), old.invite()):
            answer = final(line, request)
            assert (sip.status(answer), reason(answer)) == (403, "revoked")
    edge_log.says("code=revoked", f"device={old.id}", "method=INVITE", "source=127.0.0.1")
    with new.line() as line:
        assert sip.status(line.ask(new.register())) == 200


def test_a_station_that_was_locked_out(office: Office, edge_log: LogReader) -> None:
    created = office.add("Keller")
    lost = office.device(created["claim_code"])
    assert office.http.post(f"/api/v1/stations/{created['id']}/revoke").status_code == 200
    with lost.line() as line:
        for request in (lost.register(), lost.invite()):
            answer = final(line, request)
            assert (sip.status(answer), reason(answer)) == (403, "revoked")
    edge_log.says("code=revoked", f"device={lost.id}", "method=REGISTER")


# -- calls that cannot be put through -------------------------------------------------------------------------------------


def test_a_button_that_is_not_assigned_is_said_to_the_visitor(
    visitor: Visitor, office: Office, calls_log: LogReader
) -> None:
    told = visitor.prompts
    visitor.press("garage")
    visitor.is_told("unknown_button", since=told)
    visitor.is_idle()
    device_id = visitor.status["device_id"]
    calls_log.tells("call refused", code="unknown_button", status=404, device_id=device_id)
    office.record_of(device_id, "unknown_button")


ONLY_STRANGE_CODECS = OFFER.replace("RTP/SAVPF 0", "RTP/SAVPF 97").replace(
    "a=sendrecv", "a=rtpmap:97 QCELP/8000\r\na=sendrecv"
)
NO_MEDIA = OFFER.partition("m=")[0]
PLAIN_RTP = OFFER.replace("RTP/SAVPF", "RTP/AVP").replace(
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n", ""
)
THOUSANDS_OF_LINES = OFFER + "a=x\r\n" * 2_500
LONG_LINE = OFFER + "a=x:" + "y" * 14_000 + "\r\nm=nonsense\r\n"
HUNDREDS_OF_STREAMS = OFFER + "m=audio 9 RTP/SAVPF 0\r\n" * 500
NOT_SDP = "{}\r\n"


@pytest.mark.parametrize(
    ("sdp", "cause"),
    [
        pytest.param(ONLY_STRANGE_CODECS, "no_codec", id="strange codecs"),
        pytest.param(PLAIN_RTP, "no_codec", id="plain RTP"),
        pytest.param("", "media_failed", id="none"),
        pytest.param(NO_MEDIA, "media_failed", id="no media"),
        pytest.param(THOUSANDS_OF_LINES, "media_failed", id="2500 lines"),
        pytest.param(LONG_LINE, "media_failed", id="a long line"),
        pytest.param(HUNDREDS_OF_STREAMS, "media_failed", id="500 streams"),
        pytest.param(NOT_SDP, "media_failed", id="not SDP"),
    ],
)
def test_an_offer_that_nobody_can_take(
    device: Device, office: Office, calls_log: LogReader, sdp: str, cause: str
) -> None:
    """The station hears that its offer does not fit; the record tells a description that is none from a missing codec."""
    before = len(office.calls_of(device.id))
    with device.line() as line:
        answer = final(line, device.invite(sdp=sdp))
    assert (sip.status(answer), reason(answer)) == (488, "no_codec")
    calls_log.tells("call ended", cause=cause, device_id=device.id)
    until("the call is on record", lambda: len(office.calls_of(device.id)) == before + 1)
    office.record_of(device.id, cause)


@pytest.mark.parametrize("size", [SIP_REQUEST_MAX_BYTES, SIP_BUFFER_BYTES - 2_000])
def test_a_message_larger_than_any_call_needs(device: Device, edge_log: LogReader, size: int) -> None:
    with device.line() as line:
        answer = final(line, device.invite(sdp=OFFER + "a=x:" + "y" * size + "\r\n"))
    assert (sip.status(answer), reason(answer)) == (513, "too_large")
    edge_log.says("code=too_large", "source=127.0.0.1")


def test_a_message_without_end(device: Device, edge_log: LogReader) -> None:
    with device.line() as line, pytest.raises((OSError, ValueError)):
        final(line, device.invite(sdp=OFFER + "a=x:1\r\n" * 40_000))
    edge_log.says("ERROR", "dropping")


def test_a_station_that_rings_without_end_is_slowed_down(office: Office, edge_log: LogReader) -> None:
    wild = office.device(office.add("Kinderspiel")["claim_code"])
    with wild.line() as line:
        answers = [final(line, wild.invite("nowhere")) for _ in range(22)]
    assert [sip.status(one) for one in answers] == [404] * 20 + [503] * 2
    assert reason(answers[-1]) == "too_many_calls"
    assert sip.header(answers[-1], "Retry-After")
    edge_log.says("code=too_many_calls", f"device={wild.id}")


# -- the command that a newcomer types ------------------------------------------------------------------------------------


def test_status_says_that_every_part_is_up(platform: Platform, on_duty: Socket, clara: Account) -> None:
    told = platform.command("status", "--json")
    assert told.returncode == 0, told.stdout
    assert {part["state"] for part in json.loads(told.stdout)["parts"]} == {"up"}
