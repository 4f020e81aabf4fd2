"""Media of calls on rtpengine: `MediaEngine` is the `calls.ports.MediaPort`; prompts are rendered by `ensure_prompts`."""

from antiphon.gateways.media.call import MediaFailed, NoPreview
from antiphon.gateways.media.engine import MediaEngine
from antiphon.gateways.media.prompts import ensure_prompts
from antiphon.gateways.media.sdp import BadDescription, NoCodec

__all__ = ["BadDescription", "MediaEngine", "MediaFailed", "NoCodec", "NoPreview", "ensure_prompts"]
