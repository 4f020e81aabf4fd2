"""When the next picture has to be a key frame: at once when somebody asks, and at the latest a second after the last one."""

from __future__ import annotations

from antiphon.limits import PREVIEW_KEY_FRAME_MAX_S

REPEAT_MIN_S = 0.1  # many receivers ask at once: one key frame serves them all
_PICTURE_S = 1 / 15


class KeyFrameClock:
    """Pure; `now` is any steady clock in seconds."""

    def __init__(self) -> None:
        self._asked = False
        self._last: float | None = None

    def request(self) -> None:
        self._asked = True

    def due(self, now: float) -> bool:
        """Whether the picture taken now shall be a key frame; that serves the requests up to here, no later ones."""
        since = None if self._last is None else now - self._last
        if (
            since is not None
            and since < PREVIEW_KEY_FRAME_MAX_S - _PICTURE_S
            and not (self._asked and since >= REPEAT_MIN_S)
        ):
            return False
        self._asked = False
        return True

    def sent(self, now: float) -> None:
        """One went out."""
        self._last = now
