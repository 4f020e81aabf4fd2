"""Tables of calls, their legs, their traces and the callers' pictures."""

from __future__ import annotations

import sqlalchemy as sa

from antiphon.database import UtcTime, explain, tenant_table

call_rows = tenant_table(
    "calls",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("station_id", sa.String(40), nullable=False, index=True),
    sa.Column("station_name", sa.String(120), nullable=False),  # as it was then
    sa.Column("place", sa.String(700), nullable=False),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),  # where rights hold
    sa.Column("direction", sa.String(16), nullable=False),
    sa.Column("button", sa.String(64), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("answered_at", UtcTime, nullable=True),
    sa.Column("ended_at", UtcTime, nullable=True),
    sa.Column("cause", sa.String(32), nullable=True),  # None while it lasts
    sa.Column("ended_by", sa.String(16), nullable=True),
    sa.Column("answered_by_user", sa.String(40), nullable=True),
    sa.Column("answered_by", sa.String(120), nullable=True),
    sa.Column("placed_by", sa.String(120), nullable=True),  # the person who called the station
    sa.Column("doors_opened", sa.Integer, nullable=False),
    sa.Column("snapshot_id", sa.String(40), nullable=True),
    sa.Column("media_breaks", sa.Text, nullable=True),  # JSON list of MediaBreakView
    sa.Index("ix_calls_page", "company_id", "id"),
)
leg_rows = tenant_table(
    "call_legs",
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("call_id", sa.String(40), sa.ForeignKey("calls.id"), nullable=False, index=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("user_id", sa.String(40), nullable=True),
    sa.Column("who", sa.String(120), nullable=False),
    sa.Column("cause", sa.String(32), nullable=False),
    sa.Column("rang_at", UtcTime, nullable=True),
    sa.Column("answered_at", UtcTime, nullable=True),
    sa.Column("ended_at", UtcTime, nullable=False),
)
trace_rows = tenant_table(
    "call_traces",
    sa.Column("call_id", sa.String(40), sa.ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("written_at", UtcTime, nullable=False),
)
snapshot_rows = tenant_table(
    "snapshots",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("call_id", sa.String(40), nullable=False, index=True),
    sa.Column("station_id", sa.String(40), nullable=False, index=True),
    sa.Column("taken_at", UtcTime, nullable=False, index=True),
    sa.Column("width", sa.Integer, nullable=False),
    sa.Column("height", sa.Integer, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
)
# The newest picture of each station, so that a list of stations costs one query.
last_pictures = tenant_table(
    "last_pictures",
    sa.Column("station_id", sa.String(40), primary_key=True),
    sa.Column("snapshot_id", sa.String(40), nullable=False),
    sa.Column("taken_at", UtcTime, nullable=False),
)
explain(
    call_rows,
    "Calls: one row each, from the first ring on, kept as a record.",
    station_name="The station's name as it was then.",
    place="Where the station was then, in words.",
    place_id="Where the station was then; rights at this place hold for the call.",
    direction="from_station or to_station.",
    button="Which button was pressed.",
    started_at="When it began.",
    answered_at="When somebody answered; null: nobody did.",
    ended_at="When it ended; null while it lasts.",
    cause="Why it ended; null while it lasts.",
    ended_by="station, client or platform.",
    answered_by_user="Who answered.",
    answered_by="Their name as it was then.",
    placed_by="Who called the station, by name; null where the station called.",
    doors_opened="How many doors were opened in it.",
    snapshot_id="The caller's picture.",
    media_breaks="JSON: when the media engine was lost, and how long; null: never.",
)
explain(
    leg_rows,
    "Whom a call rang, and what became of that.",
    position="Their order in the call.",
    kind="station, client or account.",
    user_id="Which person; null for stations and accounts.",
    who="Their name as it was then.",
    cause="How this leg ended.",
    rang_at="When it rang first.",
    answered_at="When it answered.",
    ended_at="When it ended.",
)
explain(
    trace_rows,
    "Why a call rang whom, and what became of that; goes with its call.",
    call_id="Which call.",
    facts="JSON of a version that it names: what was asked, what the ring plans answered, what happened.",
    written_at="When it was last written.",
)
explain(
    snapshot_rows,
    "Callers' pictures; the files lie in the data folder under this id.",
    taken_at="When.",
    width="In pixels.",
    height="In pixels.",
    size_bytes="Of the file.",
)
explain(
    last_pictures,
    "The newest picture of each station.",
    snapshot_id="Which picture.",
    taken_at="When it was taken.",
)
