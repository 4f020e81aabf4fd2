"""How many stations there are, in which state, and when the first of their certificates runs out: for the figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from antiphon.database import PLATFORM, Tx
from antiphon.devices.tables import certificates, device_rows


def stations_by_state(tx: Tx) -> Mapping[tuple[str, ...], int]:
    """Over all companies, by kind (station, account) and state (online, offline, unclaimed, revoked)."""
    found: dict[tuple[str, ...], int] = {}
    for kind in ("station", "account"):

        def those(status: str, *more: sa.ColumnElement[bool], kind: str = kind) -> int:
            return tx.count(PLATFORM, device_rows, device_rows.c.kind == kind, device_rows.c.status == status, *more)

        found[kind, "online"] = those("claimed", device_rows.c.online.is_(True))
        found[kind, "offline"] = those("claimed") - found[kind, "online"]
        for status in ("unclaimed", "revoked"):
            found[kind, status] = those(status)
    return found


def first_certificate_ends(tx: Tx) -> datetime | None:
    """When the first station's newest certificate runs out; None without stations. Reads every certificate: ask rarely."""
    ends: dict[str, datetime] = {}
    for row in tx.all(PLATFORM, certificates, certificates.c.revoked_at.is_(None)):
        ends[row["device_id"]] = max(row["not_after"], ends.get(row["device_id"], row["not_after"]))
    return min(ends.values(), default=None)
