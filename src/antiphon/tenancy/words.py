"""What people may write as a name, a label, an address or a time: one line, with nothing in it that is not seen or turns the line
around."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, StringConstraints

# Control characters, line and paragraph separators, and the overrides and isolates of bidirectional text (U+202A-U+202E,
# U+2066-U+2069): with them a name would read as another one in a list or at a terminal.
# Spaces without width and letters without a shape beside them: with those, two names that read alike would be different.
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u115f\u1160\u200b\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0"
# What joins or marks other letters has its use among them, and is no name by itself.
_MARKS = r"\u00ad\u034f\u061c\u180b-\u180e\u200c-\u200f\ufe00-\ufe0f"

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=120,
        pattern=rf"^[^{_UNSEEN}]*[^\s{_UNSEEN}{_MARKS}][^{_UNSEEN}]*$",
    ),
]
Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=rf"^[^{_UNSEEN}]*$")]

# One address as RFC 5321 4.1.2 writes it without quotes, letters of other alphabets included (RFC 6531): no list, no brackets, no
# display name, and nothing that a mail server or a reader takes for another address.
_ATOM = rf'[^\s"(),.:;<>@\[\\\]{_UNSEEN}{_MARKS}]+'
_LABEL = rf"[^\s\x00-,./:-@\[-`{{-\x7f{_UNSEEN}{_MARKS}]+"
_LOCAL_PART_MAX = 64  # RFC 5321 4.5.3.1.1


def _delivered(address: str) -> str:
    if len(address.partition("@")[0]) > _LOCAL_PART_MAX:
        raise ValueError("This is no e-mail address.")
    return address


Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        to_lower=True,
        max_length=254,
        pattern=rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})*$",
    ),
    AfterValidator(_delivered),
]

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def written_moment(given: Any) -> Any:  # Any: whatever a body holds
    """The text of a moment (RFC 3339); a number, which the contract does not take, is none."""
    if not isinstance(given, str) or not _MOMENT.fullmatch(given):
        raise ValueError("A time is written like 2026-05-01T08:00:00Z.")
    return given
