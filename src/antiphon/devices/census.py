"""How many stations there are, in which state, and when the first of their certificates runs out: for the figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from antiphon.database import PLATFORM, Tx
from antiphon.devices.store import certificates, device_rows


def stations_by_state(tx: Tx) -> Mapping[str, int]:
    """Over all companies: online, offline, unclaimed, revoked."""

    def those(status: str) -> int:
        return tx.count(PLATFORM, device_rows, device_rows.c.status == status)

    online = tx.count(PLATFORM, device_rows, device_rows.c.status == "claimed", device_rows.c.online.is_(True))
    return {
        "online": online,
        "offline": those("claimed") - online,
        "unclaimed": those("unclaimed"),
        "revoked": those("revoked"),
    }


def first_certificate_ends(tx: Tx) -> datetime | None:
    """When the first station's newest certificate runs out; None without stations. Reads every certificate: ask rarely."""
    ends: dict[str, datetime] = {}
    for row in tx.all(PLATFORM, certificates, certificates.c.revoked_at.is_(None)):
        ends[row["device_id"]] = max(row["not_after"], ends.get(row["device_id"], row["not_after"]))
    return min(ends.values(), default=None)
