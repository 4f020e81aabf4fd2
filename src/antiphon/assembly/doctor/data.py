"""The data folder: who may read its secrets, the database, certificates, backups."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from antiphon import limits
from antiphon.assembly.doctor.model import Finding, Patient
from antiphon.assembly.keeping import backup
from antiphon.database import copying, migrate
from antiphon.database.row_security import past_the_wall
from antiphon.devices import authority
from antiphon.settings import Settings

_SIGNED_BY = {"issuing": "root", "edge": "issuing", "portal": "issuing"}


def permissions(patient: Patient) -> Iterator[Finding]:
    """Keys and secrets are for one user alone."""
    if patient.settings is None:
        return
    files = [*patient.settings.secrets.glob("*"), *patient.settings.pki.glob("*.key")]
    open_ = [path for path in files if path.is_file() and path.stat().st_mode & 0o077]
    if open_:
        words = f"Others on this machine may read secrets: {', '.join(str(path) for path in open_)}"
        yield Finding("secrets_readable", "fault", words, f"chmod 600 {' '.join(str(path) for path in open_)}")
    foreign = [path for path in files if path.stat().st_uid != os.getuid()]
    if foreign:
        words = f"These files belong to another user: {', '.join(str(path) for path in foreign)}"
        yield Finding("foreign_files", "fault", words, f"chown them to the owner of {patient.data}.")


def database(patient: Patient) -> Iterator[Finding]:
    """Reachable, sound, and at this release's schema."""
    if patient.settings is None:
        return
    settings = patient.settings
    restore = "Restore the last backup into a new data folder: ./antiphon restore FILE --data DIR"
    if copying.kind(settings) == "sqlite":
        file = copying.file_of(settings)
        if not file.exists():
            yield Finding("database_missing", "fault", f"The database {file} is missing.", restore)
            return
        wrong = copying.problem(file)
        if wrong:
            yield Finding("database_damaged", "fault", f"The database is damaged: {wrong}", restore)
            return
    found = migrate.current(settings)
    if found is not None and not migrate.known(found):
        words = migrate.unfitting(settings) or ""
        yield Finding("schema_newer", "fault", words, "Check out the release that wrote it, or a later one.")
    elif found != migrate.head():
        words = f"The database has the schema {found} of an older release; this one needs {migrate.head()}."
        yield Finding("schema_older", "fault", words, "./antiphon upgrade")


def database_role(patient: Patient) -> Iterator[Finding]:
    """PostgreSQL keeps companies apart only from roles that its policies bind (record 0023)."""
    role = past_the_wall(patient.settings) if patient.settings is not None else None
    if role is not None:
        yield Finding(
            "database_role_unbound",
            "fault",
            f"PostgreSQL does not keep companies apart by itself: its policies do not bind the role {role}.",
            f'As PostgreSQL\'s superuser: ALTER ROLE "{role}" NOSUPERUSER NOBYPASSRLS; or a role of its own (docs/operating.md).',
        )


def certificates(patient: Patient, now: datetime | None = None) -> Iterator[Finding]:
    """How long they last, who signed them, and whether they name what stations and browsers dial."""
    if patient.settings is None:
        return
    settings, now = patient.settings, now or datetime.now(UTC)
    yield from _ends(settings, now)
    loaded = {name: _certificate(settings.pki / f"{name}.crt") for name in ("root", "issuing", "edge", "portal")}
    for name, by in _SIGNED_BY.items():
        certificate, signer = loaded[name], loaded[by]
        if certificate is not None and signer is not None and not _signed(certificate, signer):
            words = f"The certificate {name}.crt was not signed by {by}.crt: stations and browsers refuse it."
            yield Finding(
                "certificate_chain", "fault", words, f"Put back pki/ of a backup, or remove {name}.crt and start again."
            )
    wanted = [settings.advertised_address, *([settings.public_name] if settings.public_name else [])]
    for name in ("edge", "portal"):
        certificate = loaded[name]
        if name == "portal" and settings.portal_certificate is not None:
            certificate, wanted = _certificate(settings.portal_certificate), [settings.public_name or ""]
        missing = [one for one in wanted if one and certificate is not None and one not in _names(certificate)]
        if missing:
            words = f"The {name} certificate does not name {' and '.join(missing)}, which others dial: they refuse it."
            yield Finding("certificate_name", "fault", words, "./antiphon down, then ./antiphon up makes it anew.")


def _ends(settings: Settings, now: datetime) -> Iterator[Finding]:
    for name, alarm_days in (
        ("root", limits.AUTHORITY_ALARM_BEFORE_DAYS),
        ("issuing", limits.AUTHORITY_ALARM_BEFORE_DAYS),
        ("edge", limits.SERVER_CERTIFICATE_ALARM_BEFORE_DAYS),
        ("portal", limits.SERVER_CERTIFICATE_ALARM_BEFORE_DAYS),
    ):
        own = settings.portal_certificate if name == "portal" else None
        certificate = _certificate(own or settings.pki / f"{name}.crt")
        if certificate is None:
            yield Finding(
                "certificate_missing", "fault", f"The certificate {own or name + '.crt'} is missing.", "./antiphon up"
            )
            continue
        days = (certificate.not_valid_after_utc - now) / timedelta(days=1)
        if now < certificate.not_valid_before_utc:
            words = (
                f"The {name} certificate is valid only from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on."
            )
            yield Finding("certificate_not_yet", "fault", words, "The clock of this machine is wrong: set it.")
        elif days < 0:
            yield Finding(
                "certificate_expired",
                "fault",
                f"The {name} certificate ended {-days:.0f} days ago.",
                _renewal(name, own),
            )
        elif days < alarm_days:
            yield Finding(
                "certificate_ends", "warning", f"The {name} certificate ends in {days:.0f} days.", _renewal(name, own)
            )
    if (settings.pki / "crl.pem").exists():
        days = (authority.revocation_list_ends(settings.pki) - now) / timedelta(days=1)
        if days < limits.CRL_ALARM_BEFORE_DAYS:
            words = f"The revocation list ends in {days:.0f} days; then the broker refuses every station."
            yield Finding(
                "revocation_list_ends",
                "fault",
                words,
                "The devices role renews it: ./antiphon logs devices says why not.",
            )


def _renewal(name: str, own: Path | None) -> str:
    if own is not None:
        return f"Renew {own} where you got it, then ./antiphon down and ./antiphon up."
    if name in ("edge", "portal"):
        return "The devices role renews it by itself: ./antiphon logs devices says why not. ./antiphon up does it too."
    return (
        "A new authority is needed, and every station has to be claimed anew: plan it with whoever runs the stations."
    )


def backups(patient: Patient, now: datetime | None = None) -> Iterator[Finding]:
    """How old the last one is."""
    if patient.settings is None:
        return
    last, do = (
        backup.last_made(patient.settings),
        "./antiphon backup FILE, every day by a timer, kept on another machine.",
    )
    if last is None:
        yield Finding("backup_missing", "warning", "There never was a backup of this installation.", do)
        return
    days = ((now or datetime.now(UTC)) - last) / timedelta(days=1)
    if days > limits.BACKUP_AGE_WARNING_DAYS:
        yield Finding("backup_old", "warning", f"The last backup is {days:.0f} days old.", do)


def _certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError):
        return None


def _signed(certificate: x509.Certificate, signer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(signer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    return {*names.get_values_for_type(x509.DNSName), *addresses}
