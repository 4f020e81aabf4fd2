"""Which codec a call uses (X3): the widest audio band both ends know, and H.264 that can be passed on."""

from __future__ import annotations

from antiphon.wire.sdp.session import Codec, Direction, Media, Session

# X3, widest band first.
AUDIO_BY_BAND = ("opus", "G722", "PCMA", "PCMU")
_MIRROR: dict[Direction, Direction] = {
    "sendrecv": "sendrecv",
    "sendonly": "recvonly",
    "recvonly": "sendonly",
    "inactive": "inactive",
}


def audio_codecs(media: Media) -> tuple[Codec, ...]:
    """The voice codecs of a media line that we know, widest band first."""
    known = {name.lower(): rank for rank, name in enumerate(AUDIO_BY_BAND)}
    usable = [codec for codec in media.codecs if codec.name.lower() in known]
    return tuple(sorted(usable, key=lambda codec: known[codec.name.lower()]))


def has_usable_audio(session: Session) -> bool:
    """True where a media line that is not rejected offers Opus, G.722 or G.711."""
    audio = session.first("audio")
    return audio is not None and bool(audio_codecs(audio))


def telephone_event(media: Media, clock_hz: int) -> Codec | None:
    """The RFC 4733 payload type that goes with a codec of this clock."""
    for codec in media.codecs:
        if codec.is_named("telephone-event") and codec.clock_hz == clock_hz:
            return codec
    return None


def h264_codecs(media: Media) -> tuple[Codec, ...]:
    """H.264 in packetization-mode 1, constrained baseline before other profiles, order of preference kept."""
    usable = [c for c in media.codecs if c.is_named("H264") and c.parameter("packetization-mode") == "1"]
    return tuple(sorted(usable, key=lambda codec: not is_constrained_baseline(codec)))


def has_h264(session: Session) -> bool:
    """True where a video line that is not rejected offers H.264 in packetization-mode 1."""
    video = session.first("video")
    return video is not None and bool(h264_codecs(video))


def is_constrained_baseline(codec: Codec) -> bool:
    """profile-level-id of 42 with constraint_set1, or none at all (RFC 6184 8.1: baseline)."""
    profile = codec.parameter("profile-level-id")
    if profile is None:
        return True
    try:
        value = int(profile, 16)
    except ValueError:
        return False
    return len(profile) == 6 and value >> 16 == 0x42 and bool(value >> 8 & 0x40)


def accepts_key_frame_requests(session: Session) -> bool:
    """True where the sender of the video takes PLI or FIR over RTCP (RFC 4585, RFC 5104)."""
    video = session.first("video")
    if video is None or not video.has_feedback:
        return False
    wanted = {"nack pli", "ccm fir"}
    return any(wanted & set(codec.feedback) for codec in video.codecs)


def mirrored(direction: Direction) -> Direction:
    """The direction as the other side sees it (RFC 3264 6.1)."""
    return _MIRROR[direction]


def common_codec(offer: Media, ours: tuple[str, ...]) -> Codec | None:
    """The offer's codec that comes first in `ours` (names); H.264 only in packetization-mode 1."""
    for name in ours:
        candidates = h264_codecs(offer) if name.lower() == "h264" else offer.codecs
        for codec in candidates:
            if codec.is_named(name):
                return codec
    return None
