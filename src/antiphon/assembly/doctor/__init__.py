"""What is wrong on this machine and in this installation, in words, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from antiphon.assembly import installation
from antiphon.assembly.doctor import data, machine, network
from antiphon.assembly.doctor.model import Finding, Patient
from antiphon.assembly.engines import supervision
from antiphon.errors import AntiphonError

Check = Callable[[Patient], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    machine.packages,
    machine.clock,
    machine.disk,
    machine.memory,
    machine.processor,
    machine.open_files,
    data.permissions,
    data.database,
    data.database_role,
    data.certificates,
    data.backups,
    network.ports_free,
    network.parts_up,
    network.addresses,
    network.reachable,
)


def examine(folder: Path) -> list[Finding]:
    """Every finding, whether the installation runs, stands still or is not there yet; faults first."""
    found: list[Finding] = []
    settings = None
    if (folder / "settings.toml").exists():
        try:
            settings = installation.load(folder)
        except AntiphonError as error:
            found.append(
                Finding(
                    "settings", "fault", error.detail, f"Correct {folder / 'settings.toml'}; docs/start.md says how."
                )
            )
    else:
        words = f"There is no installation in {folder} yet; only this machine was looked at."
        found.append(
            Finding("no_installation", "fault", words, "Name its folder with --data DIR, or start with ./antiphon up.")
        )
    patient = Patient(folder, settings, running=supervision.running(folder))
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            own = list(check(patient))
        except (AntiphonError, OSError, ValueError) as error:
            words = f"{name} could not be looked at ({error or type(error).__name__})"
            own = [Finding(check.__name__, "warning", words, "Start the doctor as the user that owns the data folder.")]
        found += own or [Finding(check.__name__, "fine", name, "")]
    order = {"fault": 0, "warning": 1, "fine": 2}
    return sorted(found, key=lambda one: order[one.severity])


__all__ = ["CHECKS", "Finding", "Patient", "examine"]
