"""A finding, and whom it is about."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from antiphon.settings import Settings

Severity = Literal["fault", "warning", "fine"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` stays; `words` say what is wrong, `do` what to do about it."""

    code: str
    severity: Severity
    words: str
    do: str

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Patient:
    """A data folder; `settings` is None before the first `up`, and where they cannot be read."""

    data: Path
    settings: Settings | None
    running: bool

    @property
    def place(self) -> Path:
        """The data folder, or the nearest folder above it that is there."""
        return next(folder for folder in (self.data, *self.data.parents) if folder.exists())
