"""The torture messages of RFC 4475 and RFC 5118: none makes the user agent raise, answer badly or fall silent afterwards."""

from __future__ import annotations

import pytest

from antiphon.wire.sip import Flow, Send, UserAgent, UserAgentConfig
from tests.fuzz.script import Step, write
from tests.fuzz.targets import sip, torture

EVERY = {**torture.VALID, **torture.INVALID, **torture.IPV6}


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("kind", [sip.DATAGRAM, sip.STREAM], ids=["datagram", "stream"])
def test_a_torture_message_is_taken_or_refused_and_a_sound_call_still_comes_through(name: str, kind: int) -> None:
    assert sip.Sip().run(write([Step(kind, EVERY[name])])) >= 1


@pytest.mark.parametrize("name", [name for name in torture.VALID if "phrase" not in name])
def test_a_valid_request_is_answered(name: str) -> None:
    flow = Flow("f", "udp", ("192.0.2.2", 5060), ("192.0.2.1", 5060))
    numbers = iter(range(1_000))
    effects = UserAgent(UserAgentConfig(), lambda: f"t{next(numbers)}").receive(flow, torture.VALID[name], 0.0)
    assert any(isinstance(effect, Send) and effect.data.startswith(b"SIP/2.0 ") for effect in effects)
