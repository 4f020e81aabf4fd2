"""Media of calls on rtpengine: `MediaEngine` is the `calls.ports.MediaPort`; prompts are rendered by `ensure_prompts`."""

from antiphon.gateways.media.engine import MediaEngine
from antiphon.gateways.media.prompts import ensure_prompts

__all__ = ["MediaEngine", "ensure_prompts"]
