"""The caller's media as each kind of receiver is offered it: a browser that answered, a telephone, everybody by publishing."""

from __future__ import annotations

from antiphon.calls.ports import LegId
from antiphon.gateways.media import options, sdp
from antiphon.gateways.media.call import CallOnEngine
from antiphon.wire import ng


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


async def ring_receiver(held: CallOnEngine, leg: LegId) -> str:
    """The offer with which a telephone rings; nothing flows to it yet."""
    tag = held.new_tag(leg)
    reply = await held.run(ng.SubscribeRequest(held.call, held.caller, tag, options.RECEIVER))
    offer = sdp.both_ways(sdp.for_station(held.text(reply), held.number, held.version(tag)))
    held.receivers[leg] = offer
    return offer


async def receiver_answered(held: CallOnEngine, leg: LegId, answer: str) -> None:
    """A telephone took the call: from here on it can win it."""
    where = sdp.subscribed(held.receivers.get(leg, ""), sdp.usable(answer).text)
    await held.run(ng.SubscribeAnswer(held.call, held.tag_of(leg), where, options.ANSWER))


async def publish(held: CallOnEngine) -> str:
    """The caller as a source without a peer: its answer is the session of the whole call, whoever answers."""
    offer = held.station_offer
    reply = await held.run(ng.Publish(held.call, held.caller, offer.text, options.PUBLISH))
    return sdp.early(sdp.for_station(held.text(reply), held.number, held.version(held.caller)), offer)
