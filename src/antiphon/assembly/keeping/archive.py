"""The archive of a backup: files in a compressed tar, and at its end a manifest with the checksum of every one."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from antiphon.assembly.keeping.sealing import MAGIC, Seal, Unseal
from antiphon.errors import BadInput

FORMAT = 1
_MANIFEST = "manifest.json"
_MANIFEST_MAX_BYTES = 256 * 1024 * 1024
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}"
_NAME = re.compile(
    rf"settings\.toml|database\.(?:sqlite|pgdump)|(?:secrets|pki|snapshots|portraits|stations)(?:/{_PART}){{1,6}}"
)
_PIECE_BYTES = 1024 * 1024
_COMPRESSION = 6
_GZIP = b"\x1f\x8b"
Progress = Callable[[int], None]  # bytes of files so far


class BackupDamaged(BadInput):
    """The file is no backup, is cut off, or something in it was changed."""

    code = "backup_damaged"


class PassphraseNeeded(BadInput):
    """The backup is sealed with a passphrase."""

    code = "passphrase_needed"
    title = "This backup is sealed with a passphrase. Give it with --passphrase-file FILE. Nothing was changed."


@dataclass(frozen=True, slots=True)
class About:
    """What a backup says about itself."""

    made_at: str  # ISO time, UTC
    software: str
    schema: str | None
    database: str  # sqlite | postgresql


def write(
    into: BinaryIO, about: About, files: Iterable[tuple[str, Path]], passphrase: str | None, progress: Progress
) -> int:
    """Write a backup of these files under their names; returns how many bytes of files it holds."""
    target: BinaryIO = Seal(into, passphrase) if passphrase else into  # type: ignore[assignment]  # a raw stream is one
    known: dict[str, dict[str, object]] = {}
    done = 0
    with (
        gzip.GzipFile(filename="", mode="wb", compresslevel=_COMPRESSION, fileobj=target, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as tar,
    ):
        for name, path in files:
            with path.open("rb") as file:
                hashed = _Hashing(file, path.stat().st_size)
                info = tarfile.TarInfo(name)
                info.size, info.mode = hashed.size, 0o600
                tar.addfile(info, hashed)
            known[name] = {"size": info.size, "sha256": hashed.digest.hexdigest()}
            done += info.size
            progress(done)
        manifest = json.dumps({"format": FORMAT, **asdict(about), "files": known}).encode()
        info = tarfile.TarInfo(_MANIFEST)
        info.size, info.mode = len(manifest), 0o600
        tar.addfile(info, io.BytesIO(manifest))
    if passphrase:
        target.close()
    return done


def unpack(source: BinaryIO, into: Path, passphrase: str | None, progress: Progress) -> About:
    """Write what the backup holds below `into` and check all of it; raises `BackupDamaged`, `SealBroken` or
    `PassphraseNeeded`, and then what lies there is of no use."""
    buffered = source if isinstance(source, io.BufferedReader) else io.BufferedReader(source)  # type: ignore[type-var]
    head = buffered.peek(len(MAGIC))[: len(MAGIC)]
    if head == MAGIC:
        if not passphrase:
            raise PassphraseNeeded
        buffered = io.BufferedReader(Unseal(buffered, passphrase), _PIECE_BYTES)
    elif not head.startswith(_GZIP):
        raise BackupDamaged("This file is no backup of Antiphon, or its beginning is damaged. Nothing was changed.")
    try:
        found, manifest = _read(buffered, into, progress)
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk, not the archive
        raise BackupDamaged("The backup is damaged or cut off. Nothing was changed.") from error
    return _checked(found, manifest)


def _read(source: BinaryIO, into: Path, progress: Progress) -> tuple[dict[str, dict[str, object]], bytes]:
    found: dict[str, dict[str, object]] = {}
    done = 0
    packed = gzip.GzipFile(fileobj=source)
    with tarfile.open(fileobj=packed, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is None:
                raise BackupDamaged("The backup is damaged: it holds something that is no file. Nothing was changed.")
            if member.name == _MANIFEST:
                manifest = content.read(_MANIFEST_MAX_BYTES)
                while packed.read(_PIECE_BYTES):  # to its end, where the checksum over all of it stands
                    continue
                return found, manifest
            if not _NAME.fullmatch(member.name) or member.name in found:
                raise BackupDamaged(
                    "The backup is damaged: it holds a file that does not belong there. Nothing was changed."
                )
            target = into / member.name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with target.open("xb") as file:
                while piece := content.read(_PIECE_BYTES):
                    digest.update(piece)
                    file.write(piece)
            target.chmod(0o600)
            found[member.name] = {"size": member.size, "sha256": digest.hexdigest()}
            done += member.size
            progress(done)
    raise BackupDamaged("The backup is damaged or cut off: its list of contents is missing. Nothing was changed.")


def _checked(found: dict[str, dict[str, object]], manifest: bytes) -> About:
    try:
        told = json.loads(manifest)
        about = About(told["made_at"], told["software"], told["schema"], told["database"])
        format_, files = told["format"], told["files"]
    except (ValueError, KeyError, TypeError) as error:
        raise BackupDamaged(
            "The backup is damaged: its list of contents cannot be read. Nothing was changed."
        ) from error
    if format_ != FORMAT:
        raise BackupDamaged(
            f"The backup has format {format_}; this software knows {FORMAT}. Use the release that made it."
        )
    if files != found:
        changed = sorted(name for name in {*files, *found} if files.get(name) != found.get(name))
        raise BackupDamaged(f"The backup is damaged: {', '.join(changed[:5])} changed. Nothing was changed here.")
    return about


class _Hashing:
    """Reads a file up to the size it had at first, and hashes what was read."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self.size, self.digest = file, size, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.digest.update(piece)
        return piece
