"""What tables and columns mean, in their `info["about"]`: for the schema's reference. No migration knows of it."""

from __future__ import annotations

import sqlalchemy as sa

_ABOUT = "about"
# What means the same in every table that has it.
_USUAL = {
    "company_id": "Whose row it is.",
    "id": "Its id, with the kind in front.",
    "name": "As people call it.",
    "sort_key": "The name folded for sorting: no capitals, no accents.",
    "place_id": "Where it is; rights at this place or above it hold here.",
    "device_id": "Which station or account.",
    "station_id": "Which station or account; its id stays when that is removed.",
    "call_id": "Which call.",
    "created_at": "When it was made.",
    "created_by": "Which person or API key made it; null: whoever runs the machine.",
    "starts_at": "From when it holds; null: at once.",
    "ends_at": "Until when it holds; null: without an end.",
    "expires_at": "Until when it can be used.",
}


def explain(table: sa.Table, about: str, **columns: str) -> None:
    """Say what a table is for, and what its columns mean that are not like everywhere."""
    table.info[_ABOUT] = about
    for column in table.columns:
        meaning = columns.pop(column.name, None) or _USUAL.get(column.name)
        if meaning:
            column.info[_ABOUT] = meaning
    if columns:
        raise ValueError(f"{table.name} has no {', '.join(columns)}")


def meaning(thing: sa.Table | sa.Column[object]) -> str | None:
    """What was said about a table or column."""
    said: str | None = thing.info.get(_ABOUT)
    return said
