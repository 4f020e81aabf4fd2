"""The spoken prompts and tones that callers hear, rendered once with espeak-ng into `data/prompts/`."""

from __future__ import annotations

from pathlib import Path


def ensure_prompts(folder: Path) -> None:
    """Render what is missing in `folder` (`<prompt>.<language>.wav`); blocking, about a second."""
    raise NotImplementedError
