"""The caller's media as each kind of receiver is offered it: a browser that answered, a telephone, everybody by publishing."""

from __future__ import annotations

from antiphon.calls.ports import LegId
from antiphon.gateways.media import options, sdp
from antiphon.gateways.media.call import CallOnEngine
from antiphon.wire import ng

_RINGING = "ringing"


async def to_browser(held: CallOnEngine, tag: str) -> str:
    """The two-way offer for the browser that answered."""
    towards = options.TO_BROWSER_WITH_DIGITS if held.takes_digits else options.TO_BROWSER
    reply = await held.run(ng.Offer(held.call, held.caller, tag, held.station_offer.text, towards))
    return sdp.for_browser(held.text(reply), held.number, held.version(tag), picture_only=False)


async def to_receiver(held: CallOnEngine, tag: str) -> str:
    """The two-way offer for the telephone that answered: the session that it rang with, where nothing went wrong."""
    offer = held.station_offer.text
    reply = await held.run(ng.Offer(held.call, held.caller, tag, offer, options.TO_RECEIVER))
    return sdp.both_ways(sdp.for_station(held.text(reply), held.number, held.version(tag)))


def stands(held: CallOnEngine, leg: LegId) -> bool:
    """What this telephone rang with is the engine's latest offer, and nothing is under way."""
    tag = held.tags.get(leg)
    quiet = not held.lock.locked() and not held.machine.busy
    return quiet and bool(held.receivers.get(leg)) and held.machine.offered == (held.caller, tag)


async def to_winner(held: CallOnEngine, leg: LegId) -> str:
    """The two-way offer for the telephone that answered, where what it rang with does not stand any more."""
    return await to_receiver(held, held.tags.get(leg) or held.new_tag(leg))


async def ring_receiver(held: CallOnEngine, leg: LegId) -> str:
    """The offer with which a telephone rings; nothing flows to it yet.

    While nobody sees the caller before the answer, one offer to a single party serves every telephone that rings, and the
    winner's answer answers it (docs/decisions/0018). A caller who is seen is subscribed to by each.
    """
    if held.machine.phase is ng.Phase.EMPTY:
        tag = held.fresh(_RINGING)
        held.ringing = (tag, await to_receiver(held, tag))
    if held.ringing is not None:
        held.tags[leg], held.receivers[leg] = held.ringing
        return held.receivers[leg]
    tag = held.new_tag(leg)
    reply = await held.run(ng.SubscribeRequest(held.call, held.caller, tag, options.RECEIVER))
    offer = sdp.both_ways(sdp.for_station(held.text(reply), held.number, held.version(tag)))
    held.receivers[leg] = offer
    return offer


async def receiver_answered(held: CallOnEngine, leg: LegId, answer: str) -> None:
    """A telephone took the call: from here on it can win it."""
    usable, tag = sdp.usable(answer), held.tags.get(leg, "")
    if held.tag(tag) is ng.Tag.REQUESTED:
        where = sdp.subscribed(held.receivers.get(leg, ""), usable.text)
        await held.run(ng.SubscribeAnswer(held.call, tag, where, options.ANSWER))


async def publish(held: CallOnEngine) -> str:
    """The caller as a source without a peer: its answer is the session of the whole call, whoever answers."""
    offer = held.station_offer
    reply = await held.run(ng.Publish(held.call, held.caller, offer.text, options.PUBLISH))
    return sdp.early(sdp.for_station(held.text(reply), held.number, held.version(held.caller)), offer)
