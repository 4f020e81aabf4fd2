"""Session descriptions as stations and browsers write them, hostile ones, and round trips of anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.limits import SDP_LINES_MAX, SDP_MAX_BYTES, SDP_MEDIA_MAX
from antiphon.wire import sdp
from antiphon.wire.sdp import Media, SdpSyntaxError, Session

STATION = """v=0
o=dev_1 7 3 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
a=sendonly
m=audio 4000 RTP/SAVPF 96 9 8 0 101 111
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:101 telephone-event/8000
a=rtpmap:111 telephone-event/48000
a=sendrecv
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20|1:32 KDR=0
a=crypto:nonsense
m=video 4002 RTP/SAVPF 97 98 99
c=IN IP4 192.0.2.7/127
a=rtpmap:97 H264/90000
a=fmtp:97 profile-level-id=64001f;packetization-mode=1
a=rtpmap:98 H264/90000
a=fmtp:98 packetization-mode=1; profile-level-id=42E01F
a=rtpmap:99 H264/90000
a=fmtp:99 profile-level-id=42e01f
a=rtcp-fb:* nack pli
a=rtcp-fb:98 ccm fir
""".replace("\n", "\r\n")


def test_a_station_offer_is_understood() -> None:
    session = sdp.parse(STATION)
    audio, video = session.media
    assert [(c.payload, c.name, c.clock_hz, c.channels) for c in audio.codecs] == [
        (96, "opus", 48000, 2),
        (9, "G722", 8000, 1),
        (8, "PCMA", 8000, 1),
        (0, "PCMU", 8000, 1),
        (101, "telephone-event", 8000, 1),
        (111, "telephone-event", 48000, 1),
    ]
    assert [codec.payload for codec in sdp.audio_codecs(audio)] == [96, 9, 8, 0]
    assert audio.codecs[0].parameter("UseInbandFEC") == "1"
    (crypto,) = audio.cryptos
    assert (crypto.tag, crypto.suite) == (1, "AES_CM_128_HMAC_SHA1_80")
    assert crypto.key == "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
    assert str(crypto) == audio.attributes("crypto")[0]
    assert [codec.payload for codec in sdp.h264_codecs(video)] == [98, 97]
    assert video.codecs[1].feedback == ("nack pli", "ccm fir")
    assert (session.direction_of(audio), session.direction_of(video)) == ("sendrecv", "sendonly")
    assert (session.address_of(audio), session.address_of(video)) == ("192.0.2.1", "192.0.2.7")
    assert sdp.has_usable_audio(session)
    assert sdp.has_h264(session)
    assert sdp.accepts_key_frame_requests(session)
    assert audio.is_secure
    assert session.version == 3
    event = sdp.telephone_event(audio, 48000)
    assert event is not None
    assert event.payload == 111
    assert sdp.telephone_event(audio, 16000) is None


def test_the_widest_band_both_know_is_chosen() -> None:
    audio, video = sdp.parse(STATION).media
    chosen = sdp.common_codec(audio, ("G722", "opus"))
    assert chosen is not None
    assert chosen.payload == 9
    assert sdp.common_codec(audio, ("speex",)) is None
    h264 = sdp.common_codec(video, ("H264",))
    assert h264 is not None
    assert h264.payload == 98


@pytest.mark.parametrize(
    ("profile", "baseline"), [("42e01f", True), ("42c01f", True), ("42001f", False), ("64001f", False), ("x", False)]
)
def test_constrained_baseline_is_told_by_its_profile(profile: str, baseline: bool) -> None:
    codec = sdp.Codec(98, "H264", 90000, fmtp=f"profile-level-id={profile}")
    assert sdp.is_constrained_baseline(codec) is baseline
    assert sdp.is_constrained_baseline(sdp.Codec(98, "H264", 90000))


def test_no_usable_codec_is_seen() -> None:
    assert not sdp.has_usable_audio(sdp.parse(STATION.replace("m=audio 4000", "m=audio 0")))
    assert not sdp.has_usable_audio(sdp.parse("v=0\r\no=- 1 1 IN IP4 x\r\ns=-\r\nm=audio 1 RTP/AVP 18 300 x\r\n"))
    assert not sdp.has_h264(sdp.parse(STATION.replace("packetization-mode=1", "packetization-mode=0")))
    assert not sdp.has_h264(sdp.parse(STATION).without("video"))


def test_a_description_is_changed_without_touching_the_rest() -> None:
    session = sdp.parse(STATION)
    still = session.with_direction("inactive", "video")
    assert still.direction_of(still.media[1]) == "inactive"
    assert still.direction_of(still.media[0]) == "sendrecv"
    assert {session.direction_of(media) for media in session.with_direction("recvonly").media} == {"recvonly"}
    assert [media.kind for media in session.without("video").media] == ["audio"]
    assert session.with_version(9).version == 9
    fewer = session.media[0].with_formats([9, 96])
    assert [codec.name for codec in fewer.codecs] == ["G722", "opus"]
    assert "telephone-event" not in str(session.with_media(0, fewer))
    ptime = (
        session.media[0].with_attribute("ptime", "20").with_attribute("ptime", "40").with_attribute("rtcp-mux", None)
    )
    assert (ptime.attributes("ptime"), ptime.attribute("rtcp-mux")) == (["40"], "")
    refused = session.media[1].rejected()
    assert refused.is_rejected
    assert str(session.with_media(1, refused)).endswith("m=video 0 RTP/SAVPF 97\r\n")


def test_directions_are_mirrored() -> None:
    assert [sdp.mirrored(d) for d in ("sendrecv", "sendonly", "recvonly", "inactive")] == [
        "sendrecv",
        "recvonly",
        "sendonly",
        "inactive",
    ]


def test_a_description_comes_back_byte_for_byte() -> None:
    assert str(sdp.parse(STATION)) == STATION
    assert str(sdp.parse(STATION.encode().replace(b"\r\n", b"\n"))) == STATION


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=1\r\no=- 1 1 IN IP4 x\r\n",
        "v=0\r\n",
        "v=0\r\no=- 1 one IN IP4 x\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\no=- 1 1 IN IP4 x\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\nnot a line\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\na=x\0y\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\na=x\ry\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\nm=audio\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\nm=audio 70000 RTP/AVP 0\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\nm=audio -1 RTP/AVP 0\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\nm=audio 1/0 RTP/AVP 0\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\nm=audio 1 RTP/AVP\r\n",
        "v=0\r\no=- 1 1 IN IP4 x\r\n" + "m=audio 1 RTP/AVP 0\r\n" * (SDP_MEDIA_MAX + 1),
        "v=0\r\no=- 1 1 IN IP4 x\r\n" + "a=x\r\n" * SDP_LINES_MAX,
        "v=0\r\no=- 1 1 IN IP4 x\r\na=" + "x" * SDP_MAX_BYTES,
    ],
)
def test_hostile_descriptions_are_refused(text: str) -> None:
    with pytest.raises(SdpSyntaxError) as caught:
        sdp.parse(text)
    assert isinstance(caught.value, AntiphonError)
    assert (caught.value.code, caught.value.sip_status) == ("bad_sdp", 488)


LINES = st.tuples(
    st.sampled_from("abcikz"),
    st.text(st.characters(blacklist_characters="\r\n\0", blacklist_categories=["Cs"]), max_size=30).map(str.strip),
)
MEDIA = st.builds(
    Media,
    st.sampled_from(["audio", "video", "application"]),
    st.integers(0, 65535),
    st.sampled_from(["RTP/AVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP"]),
    st.lists(st.integers(0, 127).map(str), min_size=1, max_size=6).map(tuple),
    st.lists(LINES, max_size=6).map(tuple),
    st.integers(1, 9),
)
SESSIONS = st.builds(
    Session,
    st.lists(LINES, max_size=5).map(lambda lines: (("v", "0"), ("o", "- 1 2 IN IP4 192.0.2.1"), *lines)),
    st.lists(MEDIA, max_size=4).map(tuple),
)


@given(SESSIONS)
def test_any_description_comes_back_as_written(session: Session) -> None:
    assert sdp.parse(str(session)) == session


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_anything_is_a_description_or_refused(text: str | bytes) -> None:
    with pytest.raises(SdpSyntaxError):
        sdp.parse(text)


@given(st.integers(0, len(STATION)), st.text(max_size=8), st.integers(0, 60))
def test_a_damaged_description_never_breaks_its_readers(at: int, inserted: str, removed: int) -> None:
    try:
        session = sdp.parse(STATION[:at] + inserted + STATION[at + removed :])
    except SdpSyntaxError:
        return
    sdp.has_usable_audio(session)
    sdp.has_h264(session)
    sdp.accepts_key_frame_requests(session)
    for media in session.media:
        assert isinstance(media.cryptos, tuple)
        session.direction_of(media)
        session.address_of(media)
    assert sdp.parse(str(session)) == session
