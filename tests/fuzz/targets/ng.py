"""NG: what a media engine answers, true or not, to the exchange and to the machine that keeps commands in order (wire.ng)."""

from __future__ import annotations

from random import Random

from antiphon.errors import AntiphonError
from antiphon.gateways.media.digits import read_report
from antiphon.wire import ng
from tests.fuzz.mutation import SPECIALS, change_json
from tests.fuzz.script import ScriptMutator, Step, read, write
from tests.fuzz.target import ByteMutator, Stopwatch, Target, hold

ISSUE, REPLY, DATAGRAM, TIME, DIGITS = range(5)
KINDS = 5
CALL = "call_1"
TAGS = ("door", "anchor", "client_1", "client_2", "")
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 127.0.0.1\r\n"
OK = ng.encode({"result": "ok", "sdp": SDP, "tags": {"door": {"medias": []}, "client_1": {}}, "created": 1})
ERRORS = tuple(
    ng.encode({"result": "error", "error-reason": reason})
    for reason in ("Unknown call-id", "Failed to parse SDP", "Incomplete SDP specification", "Unknown subscriber", "")
)
WORDS = (
    *SPECIALS,
    b"d",
    b"l",
    b"e",
    b"i1e",
    b"i-0e",
    b"0:",
    b"4:tags",
    b"6:result2:ok",
    b"12:error-reason",
    b"i99999999999999999999e",
    b"l" * 40,
)
REPORT = (
    b'{"callid":"call_1","source_tag":"door","tags":["door"],"type":"DTMF","timestamp":1,"source_ip":"::1","event":5,'
    b'"duration":100,"volume":10}'
)


class Ng(Target):
    name = "ng"

    def __init__(self) -> None:
        door_call = [
            *(ISSUE, b"\0\0\0"), *(REPLY, OK), *(ISSUE, b"\1\0\2"), *(REPLY, OK), *(ISSUE, b"\2\0\2"), *(REPLY, OK),
            *(ISSUE, b"\4\0\2"), *(REPLY, OK), *(ISSUE, b"\5\0\2"), *(REPLY, OK), *(ISSUE, b"\3\0\2"), *(REPLY, OK), *(ISSUE, b"\6\0\0"), *(REPLY, OK),
        ]  # fmt: skip
        anchored = [
            *(ISSUE, b"\4\0\1"), *(REPLY, OK), *(ISSUE, b"\5\1\0"), *(REPLY, OK), *(ISSUE, b"\1\0\2"), *(REPLY, ERRORS[0]), *(REPLY, OK),
            *(ISSUE, b"\4\0\3"), *(REPLY, ERRORS[1]), *(REPLY, OK), *(ISSUE, b"\7\0\0"), *(TIME, b"\x40"), *(ISSUE, b"\x08\0\0"), *(REPLY, OK),
        ]  # fmt: skip
        alone = [*(DATAGRAM, b"cookie " + OK), *(DATAGRAM, b""), *(DIGITS, REPORT)]
        self._seeds = [write(_steps(each)) for each in (door_call, anchored, alone)]
        self._seeds += [write([Step(ISSUE, b"\0\0\0"), Step(REPLY, error)]) for error in ERRORS]
        self._mutator = ScriptMutator(self._seeds, KINDS, _change)

    def seeds(self) -> list[bytes]:
        return self._seeds

    def mutate(self, data: bytes, random: Random, mutate_bytes: ByteMutator) -> bytes:
        return self._mutator.mutate(data, random, mutate_bytes)

    def run(self, data: bytes) -> int:
        engine = _Engine()
        for step in read(data, KINDS):
            engine.take(step)
        engine.finish()
        return max(1, engine.messages)


def _steps(flat: list[object]) -> list[Step]:
    return [Step(flat[at], flat[at + 1]) for at in range(0, len(flat), 2)]  # type: ignore[arg-type]


def _change(kind: int, data: bytes, random: Random) -> bytes:
    if kind == ISSUE:
        return bytes([random.randrange(12), random.randrange(5), random.randrange(5)])
    if kind == TIME:
        return bytes([random.randrange(256)])
    if kind == DIGITS:
        return change_json(data, random, ("DTMF", 15, 16, -1, "call_1"))
    if random.random() < 0.3:
        return random.choice((OK, *ERRORS))
    place = random.randint(0, len(data))
    return data[:place] + random.choice(WORDS) + data[place + random.choice((0, 0, 1, 4)) :]


class _Engine:
    """An exchange and one call's machine, wired as the media gateway wires them; the script plays the engine."""

    def __init__(self) -> None:
        self.now = 10.0
        self.messages = 0
        self._exchange = ng.Exchange(lambda: "prefix")
        self._machine = ng.CallMedia(CALL)
        self._asked: int | None = None
        self._cookie = b""
        self._watch = Stopwatch()

    def take(self, step: Step) -> None:
        if step.kind == ISSUE:
            self._issue(*[*step.data[:3], 0, 0, 0][:3])
        elif step.kind == TIME:
            self._pass((step.data[:1] or b"\0")[0] / 8)
        else:
            self.messages += 1
            if step.kind == DIGITS:
                _report(step.data)
            else:
                self._arrives(self._cookie + b" " + step.data if step.kind == REPLY else step.data)
        self._watch.lap()

    def _issue(self, what: int, first: int, second: int) -> None:
        one, other = TAGS[first % 5], TAGS[second % 5]
        commands: tuple[ng.Command, ...] = (
            ng.Publish(CALL, one, SDP),
            ng.SubscribeRequest(CALL, one, other),
            ng.SubscribeAnswer(CALL, other, SDP),
            ng.Unsubscribe(CALL, other),
            ng.Offer(CALL, one, other, SDP),
            ng.Answer(CALL, one, other, SDP),
            ng.Delete(CALL),
            ng.Query(CALL, one),
            ng.PlayDtmf(CALL, one, "5"),
            ng.StopMedia(CALL, one),
            ng.BlockMedia(CALL, one),
            ng.UnblockMedia(CALL, one),
        )
        busy = self._machine.busy
        try:
            effects = self._machine.issue(commands[what % len(commands)])
        except ng.OutOfOrder:
            return
        hold(not busy, "a command while another one is under way")
        self._carry_out(effects)

    def _carry_out(self, effects: list[object]) -> None:
        hold(sum(isinstance(each, ng.Send) for each in effects) <= 1, "two commands at once")
        for effect in effects:
            if isinstance(effect, ng.Send):
                self._asked, sent = self._exchange.request(effect.command.body(), self.now)
                self._written(sent)

    def _written(self, effects: list[ng.ExchangeEffect]) -> None:
        for effect in effects:
            if isinstance(effect, ng.Datagram):
                self._cookie, _, body = effect.data.partition(b" ")
                hold(isinstance(ng.decode(body), dict), "our own command cannot be read")

    def _arrives(self, data: bytes) -> None:
        _reads_back(data.partition(b" ")[2])
        for effect in self._exchange.receive(data, self.now):
            if isinstance(effect, ng.Replied):
                hold(effect.key == self._asked, "a reply to nothing that waits")
                self._carry_out(list(self._machine.replied(effect.reply)))

    def _pass(self, for_s: float) -> None:
        until = self.now + for_s
        for _ in range(100):
            due = self._exchange.next_deadline()
            if due is None or due > until:
                break
            self.now = max(self.now, due)
            for effect in self._exchange.tick(self.now):
                if isinstance(effect, ng.TimedOut):
                    self._carry_out(list(self._machine.timed_out()))
                else:
                    self._written([effect])
        else:
            hold(False, "a hundred deadlines for one command")
        self.now = until

    def finish(self) -> None:
        """Whatever was said, the call can be given up, and nothing waits for ever."""
        self._pass(30.0)
        hold(not self._machine.busy, "the machine waits for ever")
        if self._machine.phase is not ng.Phase.GONE:
            self._carry_out(list(self._machine.issue(ng.Delete(CALL))))
            self._arrives(self._cookie + b" " + OK)
            hold(self._machine.phase is ng.Phase.GONE, "a call that cannot be given up")
        hold(self._exchange.next_deadline() is None, "a request that is never given up")


def _reads_back(data: bytes) -> None:
    try:
        value = ng.decode(data)
    except ng.BencodeError:
        return
    hold(ng.decode(ng.encode(value)) == value, "it reads differently the second time")


def _report(data: bytes) -> None:
    try:
        report = read_report(data)
    except AntiphonError:
        return
    hold(report is None or (len(report[2]) == 1 and report[2] in "0123456789*#ABCD"), "a digit that is none")


TARGET = Ng
