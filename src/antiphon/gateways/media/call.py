"""One call at rtpengine: its machine, its tags and the numbers of its descriptions."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping

from antiphon import log
from antiphon.calls.ports import CallId, LegId
from antiphon.errors import AntiphonError
from antiphon.gateways.media.ng_client import MediaUnavailable, NgClient
from antiphon.gateways.media.sdp import Description
from antiphon.wire import ng

_log = log.get("media")


class MediaFailed(AntiphonError):
    """The media engine could not do it; the call's media state is known."""

    code = "media_failed"
    http_status = 502
    sip_status = 500
    title = "Sound and picture could not be connected. Try again."


class NoPreview(AntiphonError):
    """This caller sends no picture before the answer."""

    code = "no_preview"
    http_status = 409
    sip_status = 488
    title = "This caller shows no picture before the answer."


class CallOnEngine:
    """`run` commands under `lock`, one after another."""

    def __init__(self, call: CallId, client: NgClient) -> None:
        self.call = call
        self.lock = asyncio.Lock()
        self.machine = ng.CallMedia(call)
        self.offer: Description | None = None  # of the calling station
        self.caller = ""
        self.tags: dict[LegId, str] = {}
        self.opened = False
        self.lost = False
        self.called_from = ""  # tag of the calling station; empty when a client called
        self.pictured = False
        self.takes_digits = False  # a station of another maker: its sound passes where digits can be put into it
        self.hears_digits = False  # and it agreed to them
        self.receivers: dict[LegId, str] = {}  # SIP accounts among the legs that ring, and what they were offered
        self.ringing: tuple[str, str] | None = None  # the one party that they share, and its offer
        self.injected: list[tuple[str, str]] = []  # (tag, digit) that the engine will report back
        self.number = zlib.crc32(call.encode())
        self._client = client
        self._versions: dict[str, int] = {}
        self._attempts = 0
        self._last_version = 0

    def follow(self, lost: CallOnEngine) -> None:
        """Carry on what the peers know of the same call before the engine lost it (RFC 3264 8: versions rise)."""
        self._last_version = max([lost._last_version, *lost._versions.values()])
        self.takes_digits = lost.takes_digits
        self.receivers = dict.fromkeys(lost.receivers, "")  # what they rang with is gone
        self.pictured = lost.pictured

    @property
    def station_offer(self) -> Description:
        """What the calling station offered; raises MediaFailed when a client called."""
        if self.offer is None:
            raise MediaFailed("No station called.", call_id=self.call)
        return self.offer

    # -- names ---------------------------------------------------------------------------------------------------

    def tag(self, name: str) -> ng.Tag | None:
        return self.machine.tag(name)

    def new_tag(self, leg: LegId) -> str:
        """A tag that the engine has never seen; the leg's earlier one is given up."""
        tag = self.tags[leg] = self.fresh(leg)
        return tag

    def fresh(self, name: str) -> str:
        """`name`, or a name after it that the engine has never seen."""
        tag = name
        while self.machine.tag(tag) is not None:
            self._attempts += 1
            tag = f"{name}.{self._attempts}"
        return tag

    def tag_of(self, leg: LegId) -> str:
        tag = self.tags.get(leg)
        if tag is None:
            raise MediaFailed("This device has no part in the call's media.", call_id=self.call)
        return tag

    def keep_to(self, leg: LegId) -> None:
        """Of those that share its tag this one has won."""
        tag = self.tags.get(leg)
        for other in [other for other, known in self.tags.items() if known == tag and other != leg]:
            del self.tags[other]

    def alone(self, leg: LegId) -> bool:
        """Whether no other leg shares this one's tag."""
        tag = self.tags.get(leg)
        return sum(known == tag for known in self.tags.values()) == 1

    def leg_of(self, tag: str) -> LegId | None:
        return next((leg for leg, known in self.tags.items() if known == tag), None)

    def peer_of(self, tag: str) -> str:
        """Whom this party talks with."""
        peer = self.machine.peer(tag)
        if peer is None:
            raise MediaFailed("Nobody talks with this device.", call_id=self.call)
        return peer

    def version(self, tag: str) -> int:
        self._versions[tag] = self._versions.get(tag, self._last_version) + 1
        return self._versions[tag]

    def text(self, reply: Mapping[str, ng.Decoded]) -> str:
        """The description in a reply."""
        sdp = reply.get("sdp")
        if not isinstance(sdp, bytes):
            raise MediaFailed("The media engine gave no description.", call_id=self.call)
        return sdp.decode(errors="replace")

    # -- commands ------------------------------------------------------------------------------------------------

    async def run(self, command: ng.Command) -> Mapping[str, ng.Decoded]:
        """Carry out `command`; raises MediaFailed with the state known again, `lost` set when nothing is left."""
        effects = self.machine.issue(command)
        while True:
            match effects[0]:
                case ng.Send(sending):
                    try:
                        reply = await self._client.request(sending.body())
                    except MediaUnavailable:
                        effects = self.machine.timed_out()
                    else:
                        effects = self.machine.replied(reply)
                case ng.Done(reply):
                    return reply
                case ng.Failed(reason, gone):
                    _log.warning("media command failed", call_id=self.call, command=type(command).__name__, why=reason)
                    self.lost = gone
                    raise MediaFailed(call_id=self.call, why=reason)
                case ng.Lost(reason):
                    _log.error("media of a call lost", call_id=self.call, why=reason)
                    self.lost = True
                    raise MediaFailed(call_id=self.call, why=reason)

    async def is_gone(self) -> bool:
        """Whether the engine no longer knows a call that it should know."""
        if self.machine.phase is ng.Phase.OPEN:
            try:
                await self.run(ng.Query(self.call, self.caller))
            except MediaFailed:
                return self.lost
        return self.lost

    async def sound_packets(self, leg: LegId) -> int:
        """How many packets of sound the engine has had from that leg."""
        tag = self.tag_of(leg)
        reply = await self.run(ng.Query(self.call, tag))
        return ng.sound_packets(reply, tag)

    async def delete(self) -> None:
        """Forget everything; harmless when there is nothing."""
        if self.machine.phase in (ng.Phase.OPEN, ng.Phase.DOUBTFUL):
            await self.run(ng.Delete(self.call))
