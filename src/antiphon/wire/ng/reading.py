"""What the engine's answers say: hostile or strange ones say nothing."""

from __future__ import annotations

from collections.abc import Mapping

from antiphon.wire.ng.bencode import Decoded


def sound_packets(reply: Mapping[str, Decoded], tag: str) -> int:
    """Of an answer to `Query`: how many packets of sound have come from that party."""
    tags = reply.get("tags")
    party = tags.get(tag) if isinstance(tags, Mapping) else None
    medias = party.get("medias") if isinstance(party, Mapping) else None
    found = 0
    for media in medias if isinstance(medias, list) else ():
        streams = media.get("streams") if isinstance(media, Mapping) and media.get("type") == b"audio" else None
        # The first stream is RTP, the others are its reports.
        for stream in streams[:1] if isinstance(streams, list) else ():
            stats = stream.get("stats") if isinstance(stream, Mapping) else None
            packets = stats.get("packets") if isinstance(stats, Mapping) else None
            found += packets if isinstance(packets, int) else 0
    return found
