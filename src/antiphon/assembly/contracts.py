"""Writes the contracts that the TypeScript types are made from: OpenAPI of the API, JSON Schema of the WebSocket.

`python -m antiphon.assembly.contracts OUT_DIR` writes `openapi.json` and `client-contract.schema.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import TypeAdapter

from antiphon.assembly.api import assemble, create_app
from antiphon.settings import Settings
from antiphon.wire.client import CallView, client_message, server_message


def openapi() -> dict[str, Any]:  # Any: a JSON document
    """The API's OpenAPI 3.1 document."""
    with TemporaryDirectory() as empty:
        settings = Settings(data=Path(empty), database_url="sqlite://")
        return create_app(settings, assemble(settings)).openapi()


def client_contract() -> dict[str, Any]:  # Any: a JSON document
    """JSON Schema 2020-12 with `ClientMessage`, `ServerMessage` and everything they are made of below `$defs`."""
    adapters: list[tuple[str, TypeAdapter[Any]]] = [
        ("ClientMessage", client_message),
        ("ServerMessage", server_message),
        ("CallView", TypeAdapter(CallView)),  # the history's line: the client shows it beside the messages
    ]
    schemas, definitions = TypeAdapter.json_schemas(
        [(name, "validation" if name == "ClientMessage" else "serialization", adapter) for name, adapter in adapters],
        title="Client contract",
        description="Messages of the WebSocket /ws/{company_id}: from the client, and from the platform.",
    )
    for definition in definitions["$defs"].values():
        # Always sent, though the models fill it in: without it a union can't be told apart.
        if "const" in definition.get("properties", {}).get("type", {}):
            definition["required"] = sorted({"type", *definition.get("required", ())})
    unions = {name: {"title": name, **schema} for (name, _mode), schema in schemas.items() if name != "CallView"}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **{key: value for key, value in definitions.items() if key != "$defs"},
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in unions],
        "$defs": {**definitions["$defs"], **unions},
    }


def main(out: Path) -> None:
    """Write both documents into the folder `out`; a file that is right already is left alone."""
    out.mkdir(parents=True, exist_ok=True)
    for name, document in (("openapi.json", openapi()), ("client-contract.schema.json", client_contract())):
        text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        path = out / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m antiphon.assembly.contracts OUT_DIR")
    main(Path(sys.argv[1]))
