"""Traces of calls in the database."""

from __future__ import annotations

from datetime import datetime

from antiphon.calls.tables import trace_rows
from antiphon.calls.traces import codec
from antiphon.calls.traces.facts import Facts
from antiphon.calls.traces.view import Kept
from antiphon.database import Scope, Tx


def put_trace(tx: Tx, scope: Scope, call_id: str, facts: Facts, now: datetime) -> None:
    """What is known of the call so far."""
    values = {"facts": codec.encode(facts), "written_at": now}
    if not tx.update(scope, trace_rows, trace_rows.c.call_id == call_id, values=values):
        tx.insert(scope, trace_rows, values | {"call_id": call_id})


def trace(tx: Tx, scope: Scope, call_id: str) -> tuple[Facts | None, Kept]:
    """No facts: of a call from before traces were kept, of one whose process died first, or written by a newer version."""
    row = tx.first(scope, trace_rows, call_id=call_id)
    if row is None:
        return None, "before_traces"
    facts = codec.decode(row["facts"])
    return facts, "newer" if facts is None else "kept"
