"""The station's data folder: settings in `station.toml`, identity from the claim, and the paths of everything else."""

from __future__ import annotations

import json
import os
import ssl
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography import x509
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from antiphon_station.errors import BadConfiguration, NotClaimed

DEFAULT_SETTINGS = """\
# Settings of this station. Everything has a default; what the platform sets (buttons, outputs, language) is not here.

model = "simulated"      # told to the platform
language = "en"          # of the announcements until the platform says otherwise: "en" or "de"

camera = "test"          # test | file:PATH | v4l2:/dev/video0 | rtsp://...
microphone = "test"      # test | file:PATH | alsa:hw:0
speaker = "null"         # null | file:PATH (a WAV of what is heard) | alsa:hw:0
encoder = "auto"         # H.264 encoder by name: libx264 | libopenh264 | h264_v4l2m2m; auto takes the first that works

[relays]                 # output = simulated | gpio:PIN; "*" stands for every output that the platform names
"*" = "simulated"

[buttons]                # call button = gpio:PIN; the control socket presses any button
"""


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = Field(default="simulated", min_length=1, max_length=64)
    language: Literal["de", "en"] = "en"
    camera: str = "test"
    microphone: str = "test"
    speaker: str = "null"
    encoder: str = "auto"
    relays: dict[str, str] = {"*": "simulated"}
    buttons: dict[str, str] = {}


class Platform(BaseModel):
    """Where the platform is, as it said when this station was claimed."""

    model_config = ConfigDict(frozen=True)

    device_id: str
    sip_host: str
    sip_port: int
    sip_domain: str
    mqtt_host: str
    mqtt_port: int
    device_https: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this station is: its certificate with key, what it trusts, and where the platform is."""

    platform: Platform
    certificate_path: Path  # key and chain in one file, so that renewing replaces both at once
    trust_path: Path
    valid_from: datetime
    valid_until: datetime

    @property
    def device_id(self) -> str:
        return self.platform.device_id

    def tls(self) -> ssl.SSLContext:
        """A client context: TLS 1.2 at least, our certificate shown, the platform's verified against our trust by name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cafile=str(self.trust_path))
        context.load_cert_chain(str(self.certificate_path))
        return context


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder's paths."""

    data: Path
    settings: Path = field(init=False)
    identity: Path = field(init=False)
    trust: Path = field(init=False)
    platform: Path = field(init=False)
    pending_key: Path = field(init=False)
    desired: Path = field(init=False)
    commands: Path = field(init=False)
    prompts: Path = field(init=False)
    events: Path = field(init=False)
    control: Path = field(init=False)

    def __post_init__(self) -> None:
        for name, file in (
            ("settings", "station.toml"),
            ("identity", "identity.pem"),
            ("trust", "trust.pem"),
            ("platform", "platform.json"),
            ("pending_key", "pending-key.pem"),
            ("desired", "desired.json"),
            ("commands", "commands.json"),
            ("prompts", "prompts"),
            ("events", "events.jsonl"),
            ("control", "control.sock"),
        ):
            object.__setattr__(self, name, self.data / file)

    def prepare(self) -> None:
        """Make the folder and write default settings where there are none."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.settings.exists():
            write_file(self.settings, DEFAULT_SETTINGS.encode(), secret=False)


def read_settings(folder: Folder) -> Settings:
    """The settings; raises BadConfiguration naming what is wrong."""
    try:
        text = folder.settings.read_text(encoding="utf-8") if folder.settings.exists() else ""
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{folder.settings}: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise BadConfiguration(f"{folder.settings}: {key}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{folder.settings} cannot be read.") from error


def read_identity(folder: Folder) -> Identity:
    """Who this station is; raises NotClaimed while it has no complete identity."""
    try:
        platform = Platform.model_validate(json.loads(folder.platform.read_bytes()))
        certificate = x509.load_pem_x509_certificate(_certificate_part(folder.identity.read_bytes()))
        folder.trust.stat()
    except (OSError, ValueError) as error:
        raise NotClaimed from error
    return Identity(
        platform, folder.identity, folder.trust, certificate.not_valid_before_utc, certificate.not_valid_after_utc
    )


def _certificate_part(pem: bytes) -> bytes:
    start = pem.find(b"-----BEGIN CERTIFICATE-----")
    return pem[start:] if start >= 0 else b""


def write_file(path: Path, content: bytes, *, secret: bool) -> None:
    """Replace the file at once and durably; a secret is readable by its owner only."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if secret else 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
