"""One contract a module; `TARGET` is what `python -m tests.fuzz NAME` runs."""

NAMES = ("sip", "sdp", "ng", "mqtt", "websocket", "media", "claim")
