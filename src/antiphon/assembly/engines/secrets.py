"""The secrets of one installation: random, one a file, mode 0600, made once."""

from __future__ import annotations

import os
import secrets
import subprocess
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from antiphon import identity
from antiphon.settings import Settings

PLATFORM_USER = "platform"  # our roles at the message broker


def ensure_secrets(settings: Settings) -> None:
    """Make what is missing; what is there stays."""
    settings.secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    signing = settings.secrets / "jwt.key"
    # An installation from before there was this file goes on with the tokens that it gave out.
    kept = identity.token_secret(signing.read_text()) if signing.exists() else secrets.token_hex(32)
    _make(settings.secrets / "token.key", kept.encode())
    _make(signing, _signing_key())
    _make(settings.secrets / "turn.key", secrets.token_hex(32).encode())
    _make(settings.secrets / "mqtt.password", secrets.token_urlsafe(32).encode())
    _make(settings.secrets / "second-factor.key", secrets.token_hex(32).encode())


def replace_signing_key(settings: Settings, now: datetime) -> None:
    """Sign with a new key from now on; tokens of the one before stay good for as long as they may live."""
    before = identity.Replaced(identity.public_key_pem(settings.secret("jwt.key")), now)
    # First what is accepted, then what signs: whoever reads in between knows the key of every token.
    write_secret(settings.secrets / "jwt.replaced.json", before.text().encode())
    write_secret(settings.secrets / "jwt.key", _signing_key())


def write_secret(path: Path, content: bytes) -> None:
    """Replace a file that only its owner may read."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    temporary.replace(path)


def write_broker_passwords(settings: Settings) -> None:
    """`conf/mosquitto.passwords`: the platform's user, hashed by the broker's own tool."""
    path = settings.conf / "mosquitto.passwords"
    entry = f"{PLATFORM_USER}:{settings.secret('mqtt.password')}\n"
    temporary = path.with_name(".mosquitto.passwords.new")
    write_secret(temporary, entry.encode())
    # -U hashes the file in place: the password never stands in a command line, where others could read it
    subprocess.run(["/usr/bin/mosquitto_passwd", "-U", str(temporary)], check=True, capture_output=True)
    temporary.chmod(0o600)
    temporary.replace(path)


def _signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _make(path: Path, content: bytes) -> None:
    if not path.exists():
        write_secret(path, content)
