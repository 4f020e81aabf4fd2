"""Claims and certificate requests of devices that nobody knows yet: the only door open without any secret."""

from __future__ import annotations

import json
from random import Random

from pydantic import TypeAdapter, ValidationError

from antiphon.devices import service
from antiphon.devices.enrolment_routes import RenewRequest
from antiphon.devices.model import CertificateIdentity, TooManyClaims
from antiphon.devices.throttle import ClaimThrottle
from antiphon.errors import AntiphonError
from antiphon.wire.station import ClaimRequest, read_claim_code
from tests.fuzz import house
from tests.fuzz.mutation import SPECIALS, change_json, change_lines
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold

CLAIM, CODE, REQUEST, RENEW, ADDRESS = range(5)
KINDS = 5
_CLAIM = TypeAdapter(ClaimRequest)
_RENEW = TypeAdapter(RenewRequest)


class Claim(Target):
    name = "claim"

    def __init__(self) -> None:
        self._house = built = house.build()
        self._inputs = 0
        body = {"claim_code": built.code, "certificate_request": built.request, "model": "SIM-1", "software": "1.0"}
        said = [
            Step(CLAIM, json.dumps(body).encode()),
            Step(CODE, built.code.encode()),
            Step(REQUEST, built.request.encode()),
            Step(RENEW, json.dumps({"certificate_request": built.request}).encode()),
            Step(ADDRESS, b"192.0.2.1"),
            Step(ADDRESS, b"2001:db8::1"),
        ]
        self._words = (
            *SPECIALS,
            built.code.encode(),
            b"o0iIlL-- ",
            b"-----BEGIN CERTIFICATE REQUEST-----",
            b"fe80::1%eth0",
        )
        self._seeds = [write(said), *(write([step]) for step in said)]
        self._mutator = ScriptMutator(self._seeds, KINDS, self._change)

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def _change(self, kind: int, data: bytes, random: Random) -> bytes:
        if kind in (CLAIM, RENEW):
            return change_json(data, random, (self._house.code, self._house.request, self._house.code.lower()))
        return change_lines(data, random, self._words, (b"-----END CERTIFICATE REQUEST-----", b"MIIB", b""))

    def run(self, data: bytes) -> int:
        watch, steps = Stopwatch(), read(data, KINDS)
        throttle = ClaimThrottle()
        for kind, body in steps:
            try:
                self._take(kind, body, throttle)
            except AntiphonError as error:
                hold(error.http_status < 500, f"not our fault: {error.code}")
            except ValidationError:
                pass  # 422, as FastAPI answers it
            watch.lap()
        return max(1, len(steps))

    def _take(self, kind: int, data: bytes, throttle: ClaimThrottle) -> None:
        if kind == CLAIM:
            self._claim(_CLAIM.validate_json(data))
        elif kind == CODE:
            code = read_claim_code(data.decode("utf-8", "replace"))
            hold(read_claim_code(code) == code and len(code) == 14, "a code that reads differently the second time")
        elif kind == REQUEST:
            service.key_fingerprint(data.decode("utf-8", "replace"))
        elif kind == RENEW:
            request = _RENEW.validate_json(data).certificate_request
            identity = CertificateIdentity(self._house.station.id, "ab12")
            self._house.undone(
                lambda tx: service.renew(tx, self._house.authority, identity, request, self._house.clock.now())
            )
        else:
            self._knock(data.decode("latin-1"), throttle)

    def _claim(self, request: ClaimRequest) -> None:
        house_ = self._house
        claimed = house_.undone(
            lambda tx: service.claim(tx, house_.authority, house_.codes, request, house_.clock.now())
        )
        hold(read_claim_code(request.claim_code) == house_.code, "claimed with another code")
        hold(claimed.chain_pem.count("BEGIN CERTIFICATE") == 2, "a chain of another length")

    @staticmethod
    def _knock(address: str, throttle: ClaimThrottle) -> None:
        """Ten wrong claims of one address are let in, the eleventh is not."""
        try:
            for _ in range(11):
                throttle.admit(address, 1.0)
                throttle.failed(address, 1.0)
        except TooManyClaims:
            return
        hold(False, "an address that may guess for ever")


TARGET = Claim
