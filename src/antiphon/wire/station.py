"""The station contract: MQTT topics and payloads between platform and station, claim request and reply, SIP headers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from antiphon.errors import BadInput

# -- topics: a device reads and writes only below its own id ---------------------------------------------------------


def connection_topic(device_id: str) -> str:
    """Retained `Connection`; the station's last will says offline."""
    return f"v1/devices/{device_id}/connection"


def reported_topic(device_id: str) -> str:
    """Retained `Reported`: what the station is and does."""
    return f"v1/devices/{device_id}/reported"


def desired_topic(device_id: str) -> str:
    """Retained `Desired`: what the platform wants."""
    return f"v1/devices/{device_id}/desired"


def commands_topic(device_id: str) -> str:
    """`Command`, QoS 1, not retained."""
    return f"v1/devices/{device_id}/commands"


def acks_topic(device_id: str) -> str:
    """`Ack`, QoS 1, not retained."""
    return f"v1/devices/{device_id}/acks"


class Payload(BaseModel):
    """Unknown fields are ignored, so that old and new ends understand each other."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Connection(Payload):
    state: Literal["online", "offline"]
    at: datetime | None = None


class Output(Payload):
    """One relay as the platform wants it."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    pulse_s: float = 4.0


class Button(Payload):
    """One call button: `name` is the user part of the SIP request URI."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,32}$")]
    label: str = ""


class Desired(Payload):
    version: int
    buttons: tuple[Button, ...] = ()
    outputs: tuple[Output, ...] = ()
    language: Literal["de", "en"] = "en"
    auto_answer: bool = True  # a call from a client is put through without a touch
    preview: bool = True


class Reported(Payload):
    version: int = Field(ge=0, lt=2**31)  # of the desired state that is in force; 0 before the first
    error: str | None = None  # why the desired state is not in force
    software: str
    model: str
    registered: bool = False  # SIP registration
    outputs: dict[str, Literal["idle", "active"]] = {}


class OpenDoor(Payload):
    """Pulse an output. A repeated `command_id` is acknowledged again and not carried out twice."""

    name: Literal["door.open"] = "door.open"
    command_id: str
    output: str
    pulse_s: float = Field(gt=0, le=600)
    expires_at: datetime
    call_id: str | None = None  # the call that asked for it, for the logs


class RefreshCertificate(Payload):
    name: Literal["certificate.renew"] = "certificate.renew"
    command_id: str
    expires_at: datetime


class PlaceTestCall(Payload):
    """Call `target_of_test(test_id)` without a sound or a light at the door; refused while the station is in a call."""

    name: Literal["call.test"] = "call.test"
    command_id: str
    test_id: str = Field(pattern=r"^[a-z0-9_]{1,40}$")
    expires_at: datetime


Command = Annotated[OpenDoor | RefreshCertificate | PlaceTestCall, Field(discriminator="name")]
AckError = Literal["unknown_output", "expired", "relay_failed", "unknown_command", "busy", "not_connected"]


class Ack(Payload):
    command_id: str
    ok: bool
    error: AckError | None = None


# -- claim: POST /device/v1/claim on the portal's HTTPS port ---------------------------------------------------------


class ClaimRequest(Payload):
    claim_code: str = Field(min_length=8, max_length=32)
    certificate_request: str = Field(max_length=8192)  # PEM, PKCS#10, signed with the station's own key
    model: str = Field(max_length=64)
    software: str = Field(max_length=64)


class ClaimReply(Payload):
    device_id: str
    certificate: str  # PEM, CN = device_id, followed by the issuing certificate
    trust: str  # PEM: what the station trusts from now on
    sip_host: str  # host or address of the SIPS listener
    sip_port: int
    sip_domain: str
    mqtt_host: str
    mqtt_port: int
    device_https: str  # base URL of the device listener


# -- claim codes: XXXX-XXXX-XXXX in Crockford's base 32, the last character checks the others (S6) --------------------

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = {"O": "0", "I": "1", "L": "1"}
CLAIM_CODE_BITS = 55


class ClaimCodeMalformed(BadInput):
    """Not a claim code: a character is missing, too many, or mistyped."""

    code = "claim_code_malformed"
    title = (
        "This is not a claim code: a character is missing or mistyped. Compare it with the portal and type it again."
    )


def write_claim_code(number: int) -> str:
    """The claim code of a random number below 2 ** CLAIM_CODE_BITS, grouped as people read it."""
    digits = [(number >> shift) & 31 for shift in range(CLAIM_CODE_BITS - 5, -1, -5)]
    text = "".join(_ALPHABET[digit] for digit in (*digits, _check(digits)))
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def read_claim_code(text: str) -> str:
    """The code as `write_claim_code` writes it, whatever case, spaces and hyphens were typed; O, I and L are read as digits.

    Raises `ClaimCodeMalformed` for every single wrong character and every swap of two neighbours.
    """
    typed = [_READ_AS.get(character, character) for character in text.upper() if character not in "- \t"]
    if len(typed) != CLAIM_CODE_BITS // 5 + 1 or any(character not in _ALPHABET for character in typed):
        raise ClaimCodeMalformed
    digits = [_ALPHABET.index(character) for character in typed]
    if _check(digits[:-1]) != digits[-1]:
        raise ClaimCodeMalformed
    return "-".join("".join(typed[start : start + 4]) for start in range(0, len(typed), 4))


def _check(digits: list[int]) -> int:
    """Sum of digit * 2 ** place in GF(32): places weigh differently, so no substitution and no swap cancels out."""
    total = 0
    for digit in digits:
        total = _double(total ^ digit)
    return total


def _double(element: int) -> int:
    doubled = element << 1
    return doubled ^ 0b100101 if doubled & 32 else doubled


# -- SIP: From user = device id, request-URI user = button name ------------------------------------------------------

_TEST_TARGET = "test."  # no button's name has a dot
TEST_HEARD_DIGIT = "1"  # the station heard the receiver of its test call


def target_of_test(test_id: str) -> str:
    """The request-URI user of a test call."""
    return _TEST_TARGET + test_id


def test_of_target(target: str) -> str | None:
    """Which test call it is; None for a button."""
    return target.removeprefix(_TEST_TARGET) if target.startswith(_TEST_TARGET) else None


DEVICE_HEADER = "X-Antiphon-Device"  # set by the edge from the certificate, removed from everything that comes in
ACCOUNT_HEADER = "X-Antiphon-Account"  # the same for digest accounts
CALL_HEADER = "X-Antiphon-Call"  # between call service and edge: the call's own id, for the logs of both
ANSWER_HEADER = (
    "Answer-Mode"  # RFC 5373: `Manual` rings until a person answers; without it a call is put through at once
)
ANSWER_MANUAL = "Manual"
ANSWER_OPTION = "answermode"  # required with it, so that software that does not know the header refuses (420)
REASON_PROTOCOL = "Antiphon"  # Reason: Antiphon;cause=0;text="no_answer" in a final answer or BYE

# Why a call ended without a conversation, or how the conversation ended: what the station says to its visitor.
VisitorCause = Literal[
    "no_answer",
    "declined",
    "nobody_available",
    "unknown_button",
    "unclaimed",
    "revoked",
    "busy",
    "no_codec",
    "platform_unreachable",
    "platform_error",
    "time_limit",
    "hung_up",
    "cancelled",
]
