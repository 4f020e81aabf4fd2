"""Values that fit a schema of the OpenAPI document: its own examples where it has some, else what its type says."""

from __future__ import annotations

from typing import Any

Json = Any  # Any: a JSON document
_BY_FORMAT = {
    "date-time": "2026-03-02T08:00:00Z",
    "date": "2026-03-02",
    "time": "08:00:00",
    "email": "anna@salzach.example",
    "uri": "https://salzach.example/",
    "binary": "...",
}
_ID = "01hv3k2m9q7rtb5x8w4n6c0dze"
_BY_NAME = {
    "name": "Haupteingang",
    "email": "anna@salzach.example",
    "password": "quiet lantern forty",
    "ends_at": "2027-03-02T08:00:00Z",
    "expires_at": "2027-03-02T08:00:00Z",
}
_BY_TYPE: dict[str, Json] = {"boolean": True, "null": None, "string": "..."}


def resolved(document: Json, schema: Json) -> Json:
    """The schema that a reference leads to, or the one that is meant beside null; itself otherwise."""
    if "$ref" in schema:
        found = document
        for step in schema["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found
    for word in ("anyOf", "oneOf", "allOf"):
        real = [one for one in schema.get(word, ()) if one.get("type") != "null"]
        if real:
            return {**{key: value for key, value in schema.items() if key != word}, **resolved(document, real[0])}
    return schema


def example(document: Json, schema: Json, *, name: str = "", inside: tuple[str, ...] = ()) -> Json:
    """One value of a field called `name`; a schema within itself ends in nothing."""
    own = schema.get("examples")
    if own:
        return own[0]
    reference = schema.get("$ref", "")
    if reference in inside:
        return None
    inside = (*inside, reference) if reference else inside
    if reference or any(word in schema for word in ("anyOf", "oneOf", "allOf")):
        if schema.get("default") is not None:
            return schema["default"]
        return example(document, resolved(document, schema), name=name, inside=inside)
    if "const" in schema:
        return schema["const"]
    if schema.get("default") is not None:
        return schema["default"]
    if schema.get("enum"):
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            fields = schema.get("properties", {})
            return {key: example(document, field, name=key, inside=inside) for key, field in fields.items()}
        case "array":
            one = example(document, schema.get("items", {}), name=name.removesuffix("s"), inside=inside)
            return [] if one is None else [one]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "string" if name in _BY_NAME or name.endswith("_id"):
            return _BY_NAME.get(name) or f"{name.removesuffix('_id')}_{_ID}"
        case kind:
            return _BY_FORMAT.get(schema.get("format", "")) or _BY_TYPE.get(str(kind))
