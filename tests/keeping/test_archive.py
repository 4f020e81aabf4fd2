"""A backup's file: everything comes back as it was, and nothing does when a byte of it changed."""

from __future__ import annotations

import io
import tarfile
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from antiphon.assembly.keeping import archive
from antiphon.assembly.keeping.archive import About, BackupDamaged, PassphraseNeeded
from antiphon.assembly.keeping.sealing import Seal, SealBroken, Unseal
from antiphon.errors import AntiphonError

ABOUT = About("2026-03-02T08:00:00+00:00", "0.1.0", "0005_browsers_language", "sqlite")
CONTENT = {
    "settings.toml": b"realm = 'x'\n",
    "secrets/jwt.key": b"key" * 50,
    "snapshots/snapshot_1.jpg": b"\xff" * 3000,
}


def packed(folder: Path, passphrase: str | None = None, content: dict[str, bytes] = CONTENT) -> bytes:
    files = []
    for number, (name, data) in enumerate(content.items()):
        path = folder / f"{number}"
        path.write_bytes(data)
        files.append((name, path))
    into = io.BytesIO()
    archive.write(into, ABOUT, files, passphrase, lambda _: None)
    return into.getvalue()


def unpacked(data: bytes, passphrase: str | None = None) -> tuple[About, dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder)
        about = archive.unpack(io.BytesIO(data), into, passphrase, lambda _: None)
        return about, {str(p.relative_to(into)): p.read_bytes() for p in into.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return packed(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return packed(tmp_path_factory.mktemp("sealed"), "otters")


def test_everything_comes_back(plain: bytes, sealed: bytes) -> None:
    assert unpacked(plain) == (ABOUT, CONTENT)
    assert unpacked(sealed, "otters") == (ABOUT, CONTENT)


def test_large_files_come_back(tmp_path: Path) -> None:
    large = {"snapshots/snapshot_1.jpg": bytes(range(256)) * 12_000}
    assert unpacked(packed(tmp_path, "otters", large), "otters")[1] == large


def test_a_sealed_backup_asks_for_its_passphrase(sealed: bytes) -> None:
    with pytest.raises(PassphraseNeeded):
        unpacked(sealed)
    with pytest.raises(SealBroken):
        unpacked(sealed, "badgers")


def test_nothing_of_a_sealed_backup_can_be_read(sealed: bytes) -> None:
    assert b"jwt.key" not in sealed
    assert b"keykeykey" not in sealed


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_a_changed_byte_is_found_or_changes_nothing(plain: bytes, where: int, change: int) -> None:
    """The compression's own header holds a few bytes that say nothing about the content."""
    spoilt = bytearray(plain)
    spoilt[where % len(plain)] ^= change
    why = ""
    try:
        assert unpacked(bytes(spoilt)) == (ABOUT, CONTENT)
    except AntiphonError as error:
        why = error.detail
    assert not why or "damaged" in why


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
def test_a_changed_byte_of_a_sealed_backup_is_always_found(sealed: bytes, where: int, change: int) -> None:
    spoilt = bytearray(sealed)
    spoilt[where % len(sealed)] ^= change
    with pytest.raises((SealBroken, BackupDamaged)):
        unpacked(bytes(spoilt), "otters")


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_a_backup_that_is_cut_off_is_refused(plain: bytes, sealed: bytes, part: float) -> None:
    with pytest.raises(AntiphonError):
        unpacked(plain[: int(len(plain) * part)])
    with pytest.raises(AntiphonError):
        unpacked(sealed[: int(len(sealed) * part)], "otters")


def test_pieces_in_another_order_or_left_out_are_refused() -> None:
    into = io.BytesIO()
    seal = Seal(into, "otters")
    seal.write(b"a" * 1024 * 1024 + b"b" * 1024 * 1024 + b"c")
    seal.close()
    data, head, size = into.getvalue(), 41, 1024 * 1024 + 16
    first, second, last = data[head : head + size], data[head + size : head + 2 * size], data[head + 2 * size :]
    assert Unseal(io.BytesIO(data), "otters").readall() is not None
    for other in (second + first + last, first + last, first + second):
        with pytest.raises(SealBroken):
            Unseal(io.BytesIO(data[:head] + other), "otters").readall()


def with_member(name: str, kind: bytes = tarfile.REGTYPE) -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info, io.BytesIO(b""))
    return into.getvalue()


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../outside", "pki/../../outside", "conf/kamailio.cfg", "snapshots/.hidden", "run/x"]
)
def test_files_that_do_not_belong_there_are_refused(name: str) -> None:
    with pytest.raises(BackupDamaged):
        unpacked(with_member(name))


def test_a_link_is_refused() -> None:
    with pytest.raises(BackupDamaged):
        unpacked(with_member("secrets/jwt.key", tarfile.SYMTYPE))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x1f\x8b", b"antiphon", bytes(100)])
def test_something_else_is_no_backup(data: bytes) -> None:
    with pytest.raises(AntiphonError):
        unpacked(data)
