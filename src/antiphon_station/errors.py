"""What can fail at a station, each with a stable code and words for the person on site."""

from __future__ import annotations

from antiphon.errors import AntiphonError, BadInput, Conflict, Forbidden, Unavailable


class BadConfiguration(BadInput):
    """station.toml cannot be used; `detail` names the line's key and what is allowed."""

    code = "bad_configuration"
    title = "The station's settings are not understood."


class NotRunning(Unavailable):
    """No station software answers on the control socket."""

    code = "station_not_running"
    title = "The station is not running. Start it with: antiphon-station run --data DIR"


class AlreadyRunning(Conflict):
    """Another process serves this data folder."""

    code = "station_already_running"
    title = "A station is already running on this data folder."


class NotClaimed(Forbidden):
    """There is no identity yet."""

    code = "unclaimed"
    title = "This station has no claim yet. Claim it with: antiphon-station claim"


class ClaimFailed(AntiphonError):
    """The platform, or the way to it, refused the claim; `reason` is the platform's code or a local one."""

    code = "claim_failed"
    http_status = 502
    title = "The station could not be claimed."

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail, reason=reason)
        self.reason = reason


class NoCall(Conflict):
    """There is no call for what was asked."""

    code = "no_call"
    title = "There is no call now."


class NoCodec(BadInput):
    """The far end's session description has nothing that this station can use."""

    code = "no_codec"
    sip_status = 488
    title = "No common sound or picture format, or no encryption."


class DeviceFailed(Unavailable):
    """A camera, sound device or relay cannot be opened."""

    code = "device_failed"
    title = "A device of this station cannot be used."
