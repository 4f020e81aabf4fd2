"""Each thing that may be wrong is made wrong, and the doctor says it in words with what to do."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa

from antiphon import __main__ as command_line
from antiphon import limits
from antiphon import settings as settings_room
from antiphon.assembly import doctor, installation
from antiphon.assembly.doctor import data, machine, network
from antiphon.assembly.doctor.model import Finding, Patient
from antiphon.database import copying
from antiphon.devices import authority
from antiphon.settings import Settings
from ops.engines import free_offset
from postgresql import ROLE, Server, needs_postgresql


@pytest.fixture
def installed(tmp_path: Path) -> Settings:
    settings, _ = installation.prepare(tmp_path / "data", offset=free_offset(15_600), address="127.0.0.1")
    return settings


@pytest.fixture
def patient(installed: Settings) -> Patient:
    return Patient(installed.data, installed, running=False)


def only(found: Iterator[Finding], code: str) -> Finding:
    """The one finding with this code; it says what to do."""
    (one,) = [finding for finding in found if finding.code == code]
    assert one.words.endswith((".", ")")) or one.words
    assert one.do
    return one


def test_a_sound_installation_has_no_fault(installed: Settings) -> None:
    found = doctor.examine(installed.data)
    assert [one for one in found if one.severity == "fault" and one.code != "packages_missing"] == []
    assert "database" in [one.code for one in found if one.severity == "fine"]


def test_it_works_before_the_first_up(tmp_path: Path) -> None:
    found = doctor.examine(tmp_path / "nothing" / "here")
    assert "disk" in [one.code for one in found]
    assert [one.code for one in found if one.severity == "fault"][:1] == ["no_installation"]


def test_a_folder_without_an_installation_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["doctor", "--data", str(tmp_path / "nothing")]) == 1
    assert "There is no installation in" in capsys.readouterr().out


def test_a_reader_that_goes_early_ends_the_command_without_a_word(tmp_path: Path) -> None:
    """As in `./antiphon doctor | head -1`."""
    reads, writes = os.pipe()
    os.close(reads)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "antiphon", "doctor", "--data", str(tmp_path)],
            env=settings_room.everything(),
            stdout=writes,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writes)
    assert (done.returncode, done.stderr) == (141, "")


def test_settings_that_are_not_understood(installed: Settings) -> None:
    (installed.data / "settings.toml").write_text("realm = [")
    assert only(iter(doctor.examine(installed.data)), "settings").severity == "fault"


# -- the machine -----------------------------------------------------------------------------------------------------


def test_missing_packages(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# one\ndpkg\nantiphon-no-such-package\n")
    found = only(machine.packages(patient, tmp_path / "list"), "packages_missing")
    assert "antiphon-no-such-package" in found.words
    assert "dpkg" not in found.words


def test_a_clock_that_was_set_back(patient: Patient) -> None:
    ahead = datetime.now(UTC).timestamp() + 7200
    os.utime(patient.data / "secrets" / "jwt.key", (ahead, ahead))
    found = only(machine.clock(patient), "clock_behind")
    assert "2.0 hours" in found.words


def test_a_clock_that_nothing_keeps_right(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "synchronised", lambda: False)
    assert only(machine.clock(patient), "clock_not_synchronised").severity == "warning"
    monkeypatch.setattr(machine, "synchronised", lambda: True)
    assert list(machine.clock(patient)) == []


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("DISK_FREE_FAULT_MB", "disk_full"),
        ("DISK_FREE_WARNING_MB", "disk_low"),
        ("INODES_FREE_FAULT", "inodes_full"),
    ],
)
def test_a_full_disk(patient: Patient, monkeypatch: pytest.MonkeyPatch, limit: str, code: str) -> None:
    monkeypatch.setattr(limits, limit, 1 << 60)
    only(machine.disk(patient), code)


def test_little_memory(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 2048000 kB\nMemAvailable: 10240 kB\n")
    assert "10 MB" in only(machine.memory(patient, tmp_path / "meminfo"), "memory_low").words


def test_a_slow_processor(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "messages_per_s", lambda: 400.0)
    assert "20 new calls a second" in only(machine.processor(patient), "processor_slow").words


def test_this_processor_is_measured() -> None:
    assert machine.messages_per_s() > 100


def test_a_host_that_takes_the_processor_away(patient: Patient, tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu 300 0 100 400 0 0 0 200 0 0\n")
    assert "20%" in only(machine.processor(patient, tmp_path / "stat"), "processor_stolen").words


def test_an_overloaded_machine(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (99.0, 1.0, 1.0))
    only(machine.processor(patient), "processor_busy")


def test_few_open_files(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1024, 1024))
    assert "256 stations" in only(machine.open_files(patient), "open_files_low").words


# -- the data --------------------------------------------------------------------------------------------------------


def test_secrets_that_others_may_read(patient: Patient) -> None:
    (patient.data / "secrets" / "turn.key").chmod(0o644)
    found = only(data.permissions(patient), "secrets_readable")
    assert "turn.key" in found.words
    assert found.do.startswith("chmod 600")


def test_a_damaged_database(patient: Patient) -> None:
    assert patient.settings is not None
    file = copying.file_of(patient.settings)
    spoilt = bytearray(file.read_bytes())
    spoilt[8192:40_960] = b"\xff" * 32_768
    file.write_bytes(spoilt)
    assert "restore" in only(data.database(patient), "database_damaged").do


def test_a_missing_database(patient: Patient) -> None:
    assert patient.settings is not None
    copying.file_of(patient.settings).unlink()
    only(data.database(patient), "database_missing")


@pytest.mark.parametrize(("revision", "code"), [("0004_placed_by", "schema_older"), ("9999_future", "schema_newer")])
def test_a_schema_of_another_release(patient: Patient, revision: str, code: str) -> None:
    assert patient.settings is not None
    with sqlite3.connect(copying.file_of(patient.settings)) as database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    assert revision in only(data.database(patient), code).words


def on_postgresql(patient: Patient, url: str, role: str) -> Patient:
    """The same installation with that database, as that role."""
    assert patient.settings is not None
    address = sa.make_url(url).set(username=role).render_as_string(hide_password=False)
    return replace(patient, settings=patient.settings.model_copy(update={"database_url": address}))


@needs_postgresql
@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_database_role_that_no_policy_binds(
    patient: Patient, postgresql_server: Server, postgresql: str, right: str
) -> None:
    role = f"passes_{right.lower()}"
    postgresql_server.carry_out(f"CREATE ROLE {role} LOGIN {right}")
    try:
        found = only(data.database_role(on_postgresql(patient, postgresql, role)), "database_role_unbound")
    finally:
        postgresql_server.carry_out(f"DROP ROLE {role}")
    assert (found.severity, role in found.words, role in found.do) == ("fault", True, True)


@needs_postgresql
def test_a_database_role_that_is_bound(patient: Patient, postgresql: str) -> None:
    assert list(data.database_role(on_postgresql(patient, postgresql, ROLE))) == []
    assert list(data.database(on_postgresql(patient, postgresql, ROLE))) == []


def test_sqlite_has_no_roles(patient: Patient) -> None:
    assert list(data.database_role(patient)) == []


@pytest.mark.parametrize(
    ("days", "code"),
    [(-2, "certificate_not_yet"), (390, "certificate_ends"), (400, "certificate_expired")],
)
def test_certificates_at_other_times(patient: Patient, days: int, code: str) -> None:
    at = datetime.now(UTC) + timedelta(days=days)
    assert [one for one in data.certificates(patient, at) if one.code == code]


def test_an_ending_revocation_list(patient: Patient) -> None:
    at = datetime.now(UTC) + timedelta(days=limits.CRL_VALID_DAYS - 10)
    assert "the broker refuses every station" in only(data.certificates(patient, at), "revocation_list_ends").words


def test_a_certificate_of_another_authority(patient: Patient, tmp_path: Path) -> None:
    other = tmp_path / "other"
    now = datetime.now(UTC)
    authority.ensure_authority(other, now)
    authority.ensure_server_certificate(other, "edge", dns=["localhost"], addresses=["127.0.0.1"], now=now)
    (patient.data / "pki" / "edge.crt").write_bytes((other / "edge.crt").read_bytes())
    assert "edge.crt was not signed by issuing.crt" in only(data.certificates(patient), "certificate_chain").words


def test_a_certificate_that_does_not_name_the_address(patient: Patient) -> None:
    assert patient.settings is not None
    moved = patient.settings.model_copy(update={"advertised_address": "192.0.2.9"})
    found = [
        one for one in data.certificates(Patient(patient.data, moved, running=False)) if one.code == "certificate_name"
    ]
    assert len(found) == 2
    assert all("192.0.2.9" in one.words for one in found)


def test_no_backup_and_an_old_one(patient: Patient) -> None:
    from antiphon.assembly.keeping import backup

    assert patient.settings is not None
    only(data.backups(patient), "backup_missing")
    (patient.data / "backups").mkdir()
    backup.remember(patient.settings, datetime.now(UTC) - timedelta(days=30))
    assert "30 days" in only(data.backups(patient), "backup_old").words
    backup.remember(patient.settings, datetime.now(UTC))
    assert list(data.backups(patient)) == []


# -- the network -----------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken(patient: Patient) -> None:
    assert patient.settings is not None
    with socket.create_server(("0.0.0.0", patient.settings.ports.https)):
        found = only(network.ports_free(patient), "port_taken")
    assert f"TCP port {patient.settings.ports.https}" in found.words
    assert f"(process {os.getpid()})" in found.words
    assert "`https`" in found.do


def test_a_part_that_is_down(patient: Patient) -> None:
    running = Patient(patient.data, patient.settings, running=True)
    found = list(network.parts_up(running))
    assert {one.code for one in found} == {"part_down"}
    assert any("kamailio" in one.words for one in found)


@pytest.mark.parametrize(
    ("address", "code"),
    [("127.0.0.1", "address_loopback"), ("192.0.2.9", "address_translated")],
)
def test_an_advertised_address_that_does_not_lead_here(patient: Patient, address: str, code: str) -> None:
    assert patient.settings is not None
    settings = patient.settings.model_copy(update={"advertised_address": address})
    assert address in only(network.addresses(Patient(patient.data, settings, running=False)), code).words


def test_a_private_address(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    assert patient.settings is not None
    monkeypatch.setattr(network, "_own", lambda _address: True)
    settings = patient.settings.model_copy(update={"advertised_address": "192.168.1.20"})
    assert "private" in only(network.addresses(Patient(patient.data, settings, running=False)), "address_private").words


def test_what_stun_says_is_read() -> None:
    """An address as RFC 8489 masks it, from a server of one answer."""
    mapped = b"\x00\x20\x00\x08\x00\x01\x00\x00" + (0xCB007105 ^ 0x2112A442).to_bytes(4, "big")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)

        def answer() -> None:
            request, sender = server.recvfrom(100)
            server.sendto(b"\x01\x01\x00\x0c\x21\x12\xa4\x42" + request[8:20] + mapped, sender)

        thread = Thread(target=answer)
        thread.start()
        assert network.mapped_address("127.0.0.1", server.getsockname()[1]) == "203.0.113.5"
        thread.join()


def test_stun_that_does_not_answer(patient: Patient) -> None:
    running = Patient(patient.data, patient.settings, running=True)
    assert only(network.reachable(running), "stun_unreachable").severity == "warning"


def test_an_address_that_changes_on_the_way(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "mapped_address", lambda _host, _port: "203.0.113.5")
    running = Patient(patient.data, patient.settings, running=True)
    assert "203.0.113.5" in only(network.reachable(running), "address_changed_on_the_way").words


# -- the command -----------------------------------------------------------------------------------------------------


def test_the_command_tells_people_and_programs(installed: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (installed.data / "secrets" / "turn.key").chmod(0o644)
    assert command_line.main(["doctor", "--data", str(installed.data)]) == 1
    told = capsys.readouterr().out
    assert "FAULT    Others on this machine may read secrets" in told
    assert command_line.main(["doctor", "--json", "--data", str(installed.data)]) == 1
    told_json = json.loads(capsys.readouterr().out)
    assert told_json["faults"] >= 1
    assert {"code", "severity", "words", "do"} == set(told_json["findings"][0])


def test_a_check_that_breaks_does_not_hide_the_others(installed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_patient: Patient) -> Iterator[Finding]:
        raise OSError("no such device")

    monkeypatch.setattr(doctor, "CHECKS", (broken, *doctor.CHECKS))
    found = doctor.examine(installed.data)
    assert any("no such device" in one.words for one in found)
    assert len(found) > len(doctor.CHECKS) - 1
