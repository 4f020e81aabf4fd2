"""The benchmark `sip`: the bare SIP core, then the whole chain, driven by sipp."""

from __future__ import annotations

from antiphon.assembly.bench import ground
from antiphon.assembly.bench.bare import FULL as BARE
from antiphon.assembly.bench.bare import QUICK as BARE_QUICK
from antiphon.assembly.bench.bare import BareRelay
from antiphon.assembly.bench.chain import FULL as CHAIN
from antiphon.assembly.bench.chain import QUICK as CHAIN_QUICK
from antiphon.assembly.bench.chain import Chain
from antiphon.assembly.bench.door_load import FULL as DOOR
from antiphon.assembly.bench.door_load import QUICK as DOOR_QUICK
from antiphon.assembly.bench.door_load import DoorLoad
from antiphon.assembly.bench.report import Result

_NOTES = (
    "Bare relay: the SIP core alone relays INVITE, 180, 200, ACK, BYE between a sipp caller and sipp receivers.",
    "Whole chain: a sipp caller and sipp receivers as SIP accounts: INVITE, 180, 200, ACK, BYE, each caller in its turn. Through",
    "  Kamailio, the call service with its records in SQLite, rtpengine, and everything else that runs.",
    "Door calls: as our stations place them (reliable 183, PRACK, UPDATE); receivers are tabs on the client contract that",
    "  look at the preview and answer at once, through HAProxy.",
    "  Left out: TLS between station and Kamailio, the digest's challenge and the count of requests per source, for one sipp",
    "  speaks for all.",
)


def run(*, quick: bool) -> Result:
    """Measure; installs itself beside everything else and goes away again."""
    result = Result("sip")
    with ground.folder() as data:
        work = data / "bench"
        with ground.installed(data) as settings:
            work.mkdir()
            port = ground.bench_ports(settings, 8)[4]
            BareRelay(port, work, BARE_QUICK if quick else BARE).measure(result)
            Chain(settings, work, CHAIN_QUICK if quick else CHAIN).measure(result)
            DoorLoad(settings, work, DOOR_QUICK if quick else DOOR).measure(result)
    result.notes += _NOTES
    return result
