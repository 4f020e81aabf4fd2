"""The NG options of each kind of leg, as measured on rtpengine 10.5 with Chromium and with SDES stations."""

from __future__ import annotations

from antiphon.wire.ng import Encodable, Options

# Logical interfaces of rtpengine's configuration: where stations and browsers reach it, and loopback.
PUBLIC = "public"
INTERNAL = "internal"

_REPLACE: Encodable = ("origin", "session-connection")
# Towards stations AES_CM_128_HMAC_SHA1_80 alone: libre up to 1.x fails on AEAD, and without this list the engine
# offers (and would accept) suites that do not encrypt at all.
_SDES: Encodable = tuple(
    f"no-{suite}"
    for suite in (
        "AEAD_AES_256_GCM",
        "AEAD_AES_128_GCM",
        "AES_256_CM_HMAC_SHA1_80",
        "AES_256_CM_HMAC_SHA1_32",
        "AES_192_CM_HMAC_SHA1_80",
        "AES_192_CM_HMAC_SHA1_32",
        "AES_CM_128_HMAC_SHA1_32",
        "F8_128_HMAC_SHA1_80",
        "F8_128_HMAC_SHA1_32",
        "NULL_HMAC_SHA1_80",
        "NULL_HMAC_SHA1_32",
    )
)
_BROWSER: dict[str, Encodable] = {
    "ICE": "force",
    "SDES": ("off",),
    "transport-protocol": "UDP/TLS/RTP/SAVPF",
    "rtcp-mux": ("offer", "require"),
    "replace": _REPLACE,
}


def _options(table: dict[str, Encodable]) -> Options:
    return tuple(table.items())


# A ringing browser subscribes. Without ICE-lite towards it, 5 of 12 previews had no picture.
PREVIEW: Options = _options({**_BROWSER, "ICE-lite": "forward", "interface": PUBLIC})
PREVIEW_ANSWER: Options = _options({"replace": _REPLACE})

# The station's offer goes to the browser that answered.
TO_BROWSER: Options = _options({**_BROWSER, "ICE-lite": "forward", "direction": (PUBLIC, PUBLIC)})
# The same for a station that may need digits from us: injection sends the sound through the engine's transcoder
# (18 times the CPU of a relay), so only other makers' stations get it.
TO_BROWSER_WITH_DIGITS: Options = (*TO_BROWSER, ("flags", ("inject-DTMF",)))

# The station's offer goes to our own anchor on loopback: plain, but with feedback so that PLI passes.
TO_ANCHOR: Options = _options(
    {
        "ICE": "remove",
        "SDES": ("off",),
        "DTLS": "off",
        "transport-protocol": "RTP/AVPF",
        "rtcp-mux": ("offer",),
        "direction": (PUBLIC, INTERNAL),
        "replace": _REPLACE,
    }
)
ANCHOR_SUBSCRIPTION: Options = _options(
    {
        "ICE": "remove",
        "SDES": ("off",),
        "DTLS": "off",
        "transport-protocol": "RTP/AVPF",
        "rtcp-mux": ("offer",),
        "interface": INTERNAL,
        "replace": _REPLACE,
    }
)

# To a source without a peer the engine passes nobody's feedback on, unless the subscriber's is mirrored. Between a profile
# with feedback and one without it takes the feedback out, and most other makers offer the one without.
MIRRORED_SUBSCRIPTION: Options = (
    *(pair for pair in ANCHOR_SUBSCRIPTION if pair[0] != "transport-protocol"),
    ("transport-protocol", "RTP/AVP"),
    ("flags", ("rtcp-mirror",)),
)

# The browser's offer goes to a station.
TO_STATION: Options = _options(
    {
        "ICE": "remove",
        "ICE-lite": "backward",
        "DTLS": "off",
        "SDES": _SDES,
        "transport-protocol": "RTP/SAVPF",
        "rtcp-mux": ("offer",),
        "direction": (PUBLIC, PUBLIC),
        "replace": _REPLACE,
    }
)
# The same for a station of another maker, which may need digits from us. Most of them know SRTP only without feedback
# (RTP/SAVP), refuse an offer of RTP/SAVPF whole, and want RTCP on a port of its own, while browsers require one port.
TO_ACCOUNT: Options = (
    *(pair for pair in TO_STATION if pair[0] not in ("transport-protocol", "rtcp-mux")),
    ("transport-protocol", "RTP/SAVP"),
    ("rtcp-mux", ("demux",)),
    ("flags", ("inject-DTMF",)),
)

# A caller of another maker whose picture is shown before the answer: a source without a peer. Its port and key stay.
PUBLISH: Options = _options(
    {
        "codec": {"accept": ("any",)},
        "ICE": "remove",
        "DTLS": "off",
        "SDES": _SDES,
        "interface": PUBLIC,
        "replace": _REPLACE,
    }
)

# A ringing telephone subscribes too: the caller's media stays as it is, and its ports and keys stay when it wins.
RECEIVER: Options = (
    *(pair for pair in TO_ACCOUNT if pair[0] not in ("direction", "ICE-lite", "flags")),
    ("interface", PUBLIC),
)
TO_RECEIVER: Options = tuple(pair for pair in TO_ACCOUNT if pair[0] != "flags")

# Answers follow what was offered. Towards a station the ports of its early session stay (measured: same ports and
# keys in the 183 and at the answer), so that the picture does not stop while the UPDATE is on its way.
ANSWER: Options = _options({"replace": _REPLACE})
ANSWER_TO_STATION: Options = _options({"replace": _REPLACE, "SDES": _SDES, "flags": ("port-latching",)})
