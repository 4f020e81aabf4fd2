"""Session descriptions: what stations and browsers may say, and what each of them gets to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antiphon.errors import AntiphonError
from antiphon.gateways.media import sdp
from antiphon.limits import SDP_LINES_MAX, SDP_MAX_BYTES

HEAD = "v=0\r\no=- 7 1 IN IP4 192.0.2.1\r\ns=x\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
KEY = "inline:MN1apOVDmLR61y9QdQgc1qVMHVcqlog7USP//txK"
GOOD = f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 {KEY}\r\n"
AUDIO = f"m=audio 4000 RTP/SAVPF 97 101\r\na=rtpmap:97 opus/48000/2\r\na=rtpmap:101 telephone-event/48000\r\n{GOOD}"
H264 = "a=rtpmap:96 H264/90000\r\na=fmtp:96 profile-level-id=42e01f;packetization-mode=1\r\n"
VIDEO = f"m=video 4002 RTP/SAVPF 96\r\n{H264}{GOOD}"


def test_a_station_with_sound_and_picture_is_taken_whole() -> None:
    description = sdp.usable(HEAD + AUDIO + VIDEO)
    assert [media.kind for media in description.media] == ["audio", "video"]
    assert sdp.parse(description.text) == description


def test_thousands_of_lines_are_no_description() -> None:
    with pytest.raises(sdp.BadDescription):
        sdp.parse(HEAD + AUDIO + "a=x\r\n" * SDP_LINES_MAX)


def test_codecs_that_calls_do_not_use_are_left_out() -> None:
    offer = HEAD + AUDIO.replace("97 101", "97 101 3").replace("a=rtpmap:97", "a=rtpmap:3 GSM/8000\r\na=rtpmap:97")
    audio = sdp.usable(offer).first("audio")
    assert audio is not None
    assert audio.formats == ("97", "101")
    assert not any("GSM" in line for line in audio.lines)


def test_static_payload_types_need_no_map() -> None:
    audio = sdp.usable(f"{HEAD}m=audio 4000 RTP/SAVP 8 0 18\r\n{GOOD}").first("audio")
    assert audio is not None
    assert audio.formats == ("8", "0")


def test_a_picture_that_browsers_cannot_show_is_refused_alone() -> None:
    video = VIDEO.replace("H264/90000", "H265/90000")
    description = sdp.usable(HEAD + AUDIO + video)
    assert description.first("video") is None
    assert description.media[1].port == 0


@pytest.mark.parametrize(
    "audio",
    [
        "m=audio 4000 RTP/SAVPF 18\r\n" + GOOD,
        "m=audio 4000 RTP/SAVPF 101\r\na=rtpmap:101 telephone-event/8000\r\n" + GOOD,
        AUDIO.replace("m=audio 4000", "m=audio 0"),
        "m=application 4000 UDP/X *\r\n",
    ],
)
def test_a_device_without_a_shared_sound_format_is_told_so(audio: str) -> None:
    with pytest.raises(sdp.NoCodec) as refusal:
        sdp.usable(HEAD + audio)
    assert (refusal.value.code, refusal.value.sip_status) == ("no_codec", 488)


@pytest.mark.parametrize(
    "offer",
    [
        AUDIO.replace("SAVPF", "AVP").replace(GOOD, ""),
        AUDIO.replace(GOOD, ""),
        AUDIO.replace("AES_CM_128_HMAC_SHA1_80", "NULL_HMAC_SHA1_80"),
        AUDIO + VIDEO.replace("RTP/SAVPF", "RTP/AVPF"),
    ],
)
def test_a_device_that_would_send_in_the_clear_is_refused(offer: str) -> None:
    with pytest.raises(sdp.Unencrypted) as refusal:
        sdp.usable(HEAD + offer)
    assert refusal.value.sip_status == 488


@pytest.mark.parametrize(
    "text",
    ["", "v=0", "v=1\r\n" + AUDIO, HEAD, HEAD + "m=audio\r\n", HEAD + "m=audio 70000 RTP/SAVPF 0\r\n", "v=0\r\n" + AUDIO,
     HEAD + AUDIO + "garbage\r\n", HEAD + AUDIO * 20, HEAD + AUDIO + "a=x" * SDP_MAX_BYTES, HEAD + "m=audio ² RTP/SAVP 0\r\n"],
)  # fmt: skip
def test_what_is_no_description_never_reaches_the_engine(text: str) -> None:
    with pytest.raises(sdp.BadDescription):
        sdp.parse(text)


@given(st.text(max_size=400) | st.lists(st.sampled_from([HEAD, AUDIO, VIDEO, "a=mid:0\r\n", "m=x"])).map("".join))
def test_any_text_is_a_description_or_a_clear_refusal(text: str) -> None:
    refused: AntiphonError | None = None
    try:
        sdp.browser_offer(text, account=True)
        sdp.for_station(text, 1, 1)
    except AntiphonError as error:
        refused = error
    assert refused is None or refused.sip_status == 488


def test_a_browser_sees_named_sections_and_hears_nothing_before_the_answer() -> None:
    preview = sdp.parse(sdp.for_browser(HEAD + AUDIO + VIDEO, 5, 3, picture_only=True))
    assert [media.direction for media in preview.media] == ["inactive", "sendonly"]
    assert [f"a=mid:{at}" in media.lines for at, media in enumerate(preview.media)] == [True, True]
    assert preview.session[1] == "o=- 5 3 IN IP4 192.0.2.1"


def test_a_station_reads_nothing_of_browsers() -> None:
    noisy = AUDIO + "a=mid:0\r\na=extmap:1 x\r\na=msid:a b\r\na=ssrc:1 cname:x\r\na=sendrecv\r\na=rtcp-mux\r\n"
    text = sdp.for_station(HEAD + noisy, 5, 2)
    assert "mid" not in text
    assert "extmap" not in text
    assert "cname" not in text
    assert "a=rtcp-mux" in text
    assert "a=sendrecv" in text


def test_a_browser_must_answer_every_section() -> None:
    with pytest.raises(sdp.BadDescription):
        sdp.browser_answer(HEAD + AUDIO, 2)
    assert "BUNDLE" not in sdp.browser_answer(HEAD + "a=group:BUNDLE 0\r\n" + AUDIO, 1)


def test_a_browser_offers_only_pictures_that_some_station_has() -> None:
    video = VIDEO.replace("SAVPF 96", "SAVPF 100 96 102").replace(
        H264, H264 + "a=rtpmap:100 VP8/90000\r\na=rtpmap:102 H264/90000\r\na=fmtp:102 packetization-mode=0\r\n"
    )
    text = HEAD + "a=group:BUNDLE 0 1\r\n" + AUDIO + video
    offer = sdp.parse(sdp.browser_offer(text, account=True))
    assert offer.media[1].formats == ("100", "96"), "VP8 and H.264 in mode 1; mode 0 no station decodes"
    assert sdp.parse(sdp.browser_offer(text, account=False)).media[1].formats == ("96",), "ours decode H.264 alone"
    assert not any("BUNDLE" in line for line in offer.session)


def test_the_anchor_takes_the_picture_and_hears_nothing() -> None:
    answer = sdp.parse(sdp.anchor_answer(HEAD + AUDIO + VIDEO + "a=rtcp-mux\r\n", 5_000))
    assert [(media.kind, media.port, media.direction) for media in answer.media] == [
        ("audio", 5_000, "sendonly"),
        ("video", 5_000, "recvonly"),
    ]


@pytest.mark.parametrize(("lines", "port"), [("a=rtcp-mux\r\n", 4002), ("a=rtcp:4711 IN IP4 x\r\n", 4711), ("", 4003)])
def test_feedback_goes_where_the_peer_takes_it(lines: str, port: int) -> None:
    assert sdp.rtcp_port(sdp.parse(HEAD + VIDEO + lines).media[0]) == port
