"""What wire.sip refuses to read."""

from __future__ import annotations

from antiphon.errors import BadInput


class SipSyntaxError(BadInput):
    """Bytes that are not SIP, or larger than `limits` allow. On a stream the connection must be closed."""

    code = "bad_sip"
    title = "This is not a SIP message."
