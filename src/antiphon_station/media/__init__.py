"""The station's media: SDES-SRTP sessions with sound and picture, the sound system, cameras and tones."""

from antiphon_station.media.cameras import Camera, open_camera
from antiphon_station.media.devices import open_microphone, open_speaker, read_sound
from antiphon_station.media.session import MediaSession
from antiphon_station.media.sound import SoundSystem
from antiphon_station.media.tones import Samples

__all__ = [
    "Camera",
    "MediaSession",
    "Samples",
    "SoundSystem",
    "open_camera",
    "open_microphone",
    "open_speaker",
    "read_sound",
]
