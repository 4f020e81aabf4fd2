"""SDP (RFC 8866) and offer/answer (RFC 3264) as far as stations and browsers need it."""

from antiphon.wire.sdp.choice import (
    AUDIO_BY_BAND,
    accepts_key_frame_requests,
    audio_codecs,
    common_codec,
    h264_codecs,
    has_h264,
    has_usable_audio,
    is_constrained_baseline,
    mirrored,
    telephone_event,
)
from antiphon.wire.sdp.errors import SdpSyntaxError
from antiphon.wire.sdp.session import Codec, Crypto, Direction, Media, Session, parse

__all__ = [
    "AUDIO_BY_BAND",
    "Codec",
    "Crypto",
    "Direction",
    "Media",
    "SdpSyntaxError",
    "Session",
    "accepts_key_frame_requests",
    "audio_codecs",
    "common_codec",
    "h264_codecs",
    "has_h264",
    "has_usable_audio",
    "is_constrained_baseline",
    "mirrored",
    "parse",
    "telephone_event",
]
