"""What people may write as a name or a label: one line, with nothing in it that is not seen or turns the line around."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

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
