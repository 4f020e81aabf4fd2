"""What wire.sdp refuses to read."""

from __future__ import annotations

from antiphon.errors import BadInput


class SdpSyntaxError(BadInput):
    """Not a session description, or larger than `limits` allow."""

    code = "bad_sdp"
    sip_status = 488
    title = "The session description is not understood."
