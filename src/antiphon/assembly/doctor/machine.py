"""The machine: packages, clock, disk, memory, processor, open files."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from antiphon import limits
from antiphon.assembly.doctor.model import Finding, Patient
from antiphon.wire.sip.message import parse

_ROOT = Path(__file__).resolve().parents[4]
_PROC = Path("/proc")
_ADJTIMEX_ERROR = 5  # adjtimex(2): the clock is not synchronised
_MB = 1024 * 1024
_MESSAGE = (
    b"INVITE sip:main@antiphon.local SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
    b"Record-Route: <sip:127.0.0.1:5070;lr>\r\nFrom: <sip:station@antiphon.local>;tag=a\r\nTo: <sip:main@antiphon.local>\r\n"
    b"Call-ID: doctor\r\nCSeq: 1 INVITE\r\nContact: <sip:station@127.0.0.1>\r\nSupported: 100rel\r\nContent-Length: 0\r\n\r\n"
)


def packages(patient: Patient, lists: Path = _ROOT / "requirements" / "debian.txt") -> Iterator[Finding]:
    """Debian packages that the parts need."""
    if shutil.which("dpkg-query") is None or not lists.exists():
        return
    lines = (line.partition("#")[0].strip() for line in lists.read_text().splitlines())
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n"], capture_output=True, text=True, check=False
    )
    there = {line.split()[0] for line in listed.stdout.splitlines() if line.endswith(" installed")}
    missing = sorted({name for name in lines if name} - there)
    if missing:
        words = f"These Debian packages are missing: {' '.join(missing)}"
        yield Finding("packages_missing", "fault", words, "As root: ./antiphon up installs them.")


def clock(patient: Patient) -> Iterator[Finding]:
    """A wrong clock makes certificates look expired or not yet valid, and records wrong."""
    now = time.time()
    newest = max((path.stat().st_mtime for path in _own_files(patient.data)), default=0.0)
    if newest - now > limits.CLOCK_AHEAD_S:
        yield Finding(
            "clock_behind",
            "fault",
            f"The clock is behind: files of this installation were written {(newest - now) / 3600:.1f} hours after now.",
            "Set the clock (timedatectl set-ntp true), then start again: ./antiphon down, ./antiphon up.",
        )
    if not synchronised():
        yield Finding(
            "clock_not_synchronised",
            "warning",
            "Nothing keeps this machine's clock right: the kernel says that it is not synchronised.",
            "Install a time service: apt-get install systemd-timesyncd, or chrony. Stations need the right time too.",
        )


def synchronised() -> bool:
    """What the kernel says of its clock (adjtimex); True where it does not say."""
    buffer = ctypes.create_string_buffer(512)  # struct timex is 208 bytes; modes = 0 only reads
    try:
        return int(ctypes.CDLL(None).adjtimex(buffer)) != _ADJTIMEX_ERROR
    except (OSError, AttributeError):
        return True


def _own_files(data: Path) -> Iterator[Path]:
    for folder in ("db", "pki", "secrets", "log"):
        yield from (path for path in (data / folder).glob("*") if path.is_file())


def disk(patient: Patient) -> Iterator[Finding]:
    """Space and file numbers where the data folder is."""
    told = os.statvfs(patient.place)
    free_mb = told.f_bavail * told.f_frsize // _MB
    do = f"Make room on the disk of {patient.place}, or move the data folder (./antiphon backup, restore)."
    if free_mb < limits.DISK_FREE_FAULT_MB:
        yield Finding("disk_full", "fault", f"Only {free_mb} MB of disk are left: records are lost soon.", do)
    elif free_mb < limits.DISK_FREE_WARNING_MB:
        yield Finding("disk_low", "warning", f"Only {free_mb} MB of disk are left.", do)
    if told.f_files and told.f_favail < limits.INODES_FREE_FAULT:
        words = f"Only {told.f_favail} more files can be made on this disk (inodes)."
        yield Finding("inodes_full", "fault", words, "Remove what holds many small files on this disk.")


def memory(patient: Patient, told: Path = _PROC / "meminfo") -> Iterator[Finding]:
    """What is left for calls."""
    values = {
        line.split(":")[0]: int(line.split()[1]) for line in told.read_text().splitlines() if line.endswith(" kB")
    }
    left_mb = values.get("MemAvailable", 0) // 1024
    if left_mb < limits.MEMORY_FREE_WARNING_MB:
        words = f"Only {left_mb} MB of memory are left; the kernel may kill parts."
        yield Finding("memory_low", "warning", words, "Stop other programs here, or give the machine more memory.")


def processor(patient: Patient, stat: Path = _PROC / "stat") -> Iterator[Finding]:
    """How fast one core handles SIP, how busy the machine is, and what the host behind it takes away."""
    rate = messages_per_s()
    if rate < limits.PROCESSOR_MESSAGES_PER_S:
        calls = max(1, round(rate / limits.SIP_MESSAGES_PER_CALL))
        yield Finding(
            "processor_slow",
            "warning",
            f"One core reads {rate:.0f} SIP messages a second; that is slow. More than some {calls} new calls a second will be late.",
            "Use a faster machine, or stop what else runs here.",
        )
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    if load > 2 * cores:
        words = (
            f"The machine is overloaded: {load:.0f} programs want to run on {cores} cores. Rings and pictures are late."
        )
        yield Finding("processor_busy", "warning", words, "Look with top who it is, and stop or move it.")
    counted = [int(word) for word in stat.read_text().splitlines()[0].split()[1:]]
    stolen = counted[7] / max(1, sum(counted[:8])) if len(counted) > 7 else 0.0
    if stolen > limits.STEAL_WARNING:
        words = f"The host of this virtual machine took {stolen:.0%} of the processor away since the start."
        yield Finding("processor_stolen", "warning", words, "Ask whoever runs the host for cores of its own.")


def messages_per_s(for_s: float = 0.03) -> float:
    """SIP messages that one core reads in a second of its own time."""
    began, count = time.thread_time(), 0
    while (spent := time.thread_time() - began) < for_s:
        parse(_MESSAGE).headers("via")
        count += 1
    return count / spent


def open_files(patient: Patient) -> Iterator[Finding]:
    """Every station and browser holds connections open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in (resource.RLIM_INFINITY,) and hard < limits.OPEN_FILES_WARNING:
        words = f"A process may hold {hard} files and connections open: about {hard // 4} stations and browsers."
        yield Finding(
            "open_files_low", "warning", words, "Raise LimitNOFILE (systemd) or nofile in /etc/security/limits.conf."
        )
