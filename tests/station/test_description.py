"""Offers and answers of the station."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon_station.errors import NoCodec
from antiphon_station.media.description import Description, LocalStream

KEY = base64.b64encode(bytes(range(30))).decode()


def description(port: int = 4000) -> Description:
    return Description(
        "192.0.2.7",
        1,
        {
            "audio": LocalStream("audio", port, port + 1, b"a" * 30, 11),
            "video": LocalStream("video", port + 2, port + 3, b"v" * 30, 12),
        },
        "station",
    )


def sdp(*sections: str) -> str:
    head = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0"]
    return "\r\n".join([*head, *sections]) + "\r\n"


def audio(formats: str = "0", extra: str = "", port: int = 5000, profile: str = "RTP/SAVPF") -> str:
    crypto = f"a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:{KEY}|2^31"
    return f"m=audio {port} {profile} {formats}\r\n{crypto}" + (f"\r\n{extra}" if extra else "")


VIDEO = (
    "m=video 6000 RTP/SAVPF 96 108\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:108 H264/90000\r\n"
    f"a=fmtp:108 profile-level-id=42e01f;packetization-mode=1\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}"
)


def test_the_offer_names_every_codec_one_suite_and_key_frame_requests() -> None:
    offer = description().offer()
    assert "m=audio 4000 RTP/SAVPF 96 9 8 0 101 102" in offer
    assert "m=video 4002 RTP/SAVPF 97" in offer
    assert set(re.findall(r"a=crypto:\d+ (\S+)", offer)) == {"AES_CM_128_HMAC_SHA1_80"}
    assert "packetization-mode=1" in offer
    assert "profile-level-id=42e01f" in offer
    assert {"nack pli", "ccm fir"} == set(re.findall(r"a=rtcp-fb:97 (.*?)\r", offer))


def test_two_stations_agree() -> None:
    caller, called = description(4000), description(7000)
    answer, theirs = called.answer(caller.offer())
    ours = caller.agree(answer)
    assert ours["audio"].codec.name == theirs["audio"].codec.name == "opus"
    assert ours["video"].remote == ("192.0.2.7", 7002)
    assert theirs["audio"].remote_key == b"a" * 30


def test_the_widest_band_that_both_support_is_taken() -> None:
    _, agreed = description().answer(sdp(audio("0 8 9")))
    assert agreed["audio"].codec.name == "G722"


def test_the_answer_keeps_payload_types_tags_order_and_refuses_what_is_not_there() -> None:
    answer, agreed = description().answer(sdp("m=application 9 UDP/DTLS/SCTP webrtc-datachannel", VIDEO, audio()))
    assert re.findall(r"m=(\w+) (\d+)", answer) == [("application", "0"), ("video", "4002"), ("audio", "4000")]
    assert agreed["video"].codec.payload == 108
    assert "m=video 4002 RTP/SAVPF 108\r" in answer
    assert "a=crypto:4 AES" in answer
    assert agreed["audio"].remote_key == bytes(range(30))


@pytest.mark.parametrize(
    ("theirs", "ours", "sending", "receiving"),
    [
        ("sendrecv", "sendrecv", True, True),
        ("sendonly", "recvonly", False, True),
        ("recvonly", "sendonly", True, False),
        ("inactive", "inactive", False, False),
    ],
)
def test_directions_are_mirrored(theirs: str, ours: str, sending: bool, receiving: bool) -> None:
    answer, agreed = description().answer(sdp(audio(extra=f"a={theirs}")))
    assert f"a={ours}\r" in answer
    assert (agreed["audio"].sending, agreed["audio"].receiving) == (sending, receiving)


def test_control_goes_where_the_far_end_says() -> None:
    plain = description().answer(sdp(audio()))[1]["audio"].remote_rtcp
    named = description().answer(sdp(audio(extra="a=rtcp:5555 IN IP4 192.0.2.8")))[1]["audio"].remote_rtcp
    muxed = description().answer(sdp(audio(extra="a=rtcp-mux")))[1]["audio"].remote_rtcp
    assert [plain, named, muxed] == [("192.0.2.9", 5001), ("192.0.2.8", 5555), ("192.0.2.9", 5000)]


def test_the_version_counts_changes_only() -> None:
    ours = description()
    versions = [
        re.findall(r"o=- 1 (\d+)", text)[0]
        for text in (ours.offer(), ours.answer(sdp(audio()))[0], ours.answer(sdp(audio()))[0])
    ]
    assert versions == ["1", "2", "2"]


@pytest.mark.parametrize(
    "offer",
    [
        "",
        "nonsense",
        sdp(),
        sdp(audio("18")),
        sdp(audio(port=0)),
        sdp(audio(profile="RTP/AVP")),
        sdp("m=audio 5000 RTP/SAVPF 0"),
        sdp("m=audio 5000 RTP/SAVPF 0\r\na=crypto:1 AEAD_AES_128_GCM inline:" + KEY),
        sdp("m=audio 5000 RTP/SAVPF 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2hvcnQ="),
        sdp(VIDEO),
    ],
)
def test_what_cannot_be_used_is_refused(offer: str) -> None:
    with pytest.raises(NoCodec):
        description().answer(offer)
    with pytest.raises(NoCodec):
        description().agree(offer)


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([audio(), VIDEO, "a=sendrecv", "m=audio x"])).map(lambda x: sdp(*x))
)
def test_any_text_is_answered_or_refused(text: str) -> None:
    try:
        description().answer(text)
    except NoCodec:
        return
