"""One installation: its folders, settings file, secrets, certificates and database, made ready before anything starts."""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from antiphon import settings as settings_room
from antiphon.assembly.engines import address as address_room
from antiphon.assembly.engines import place, ports, render, secrets
from antiphon.assembly.engines.address import Advertised
from antiphon.database import copying, migrate
from antiphon.devices import authority
from antiphon.errors import BadInput, Conflict
from antiphon.settings import Settings

_SETTINGS = """\
# Settings of this Antiphon installation. Every line is a default; the next `./antiphon up` reads it.

# What phones and stations dial. Empty: the address of the default route, found at every start.
advertised_address = "{address}"
# DNS name of the portal, if it has one.
public_name = ""
# The portal's own certificate and key (PEM files, with chain). Without them the platform's own CA issues one.
#portal_certificate = "/etc/ssl/portal.pem"
#portal_key = "/etc/ssl/portal.key"
# SIP domain, and the name that digest accounts belong to.
realm = "antiphon.local"
# Empty: SQLite in this folder. For PostgreSQL: postgresql+psycopg://user:password@host/antiphon
database_url = ""
log_level = "info"
# The mail server that takes invitations and links for new passwords. Empty: no mail is sent. docs/operating.md says how.
smtp_host = ""
#smtp_port = 587            # 0: the usual one, 587 with starttls, 465 with tls, 25 with none
#smtp_security = "starttls" # or "tls", or "none" (a relay on this machine, without a sign-in)
#smtp_user = ""
#smtp_password = ""
#mail_from = "Antiphon <door@example.org>"
# Only for tests: TURN relays lead to the advertised address although it is loopback.
turn_allow_private_peers = false

[ports]
# Added to every single port below, never to the two ranges: several installations on one machine.
offset = {offset}
https = 8443          # portal, clients, claims
sips = 5061           # stations, with device certificates
sips_accounts = 5062  # other makers' stations, with digest
mqtts = 8883          # stations, device messaging
device_https = 8088   # stations, HTTPS with device certificates
stun = 3478           # STUN and TURN
#sip_edge = 5070      # inside the machine
#sip_calls = 5080     # inside the machine
#ng = 2223            # inside the machine
#dtmf_log = 2224      # inside the machine
#metrics = 9464       # inside the machine: figures for Prometheus, health of everything
rtp_min = 10000       # sound and picture, UDP
rtp_max = 39999
turn_min = 40000      # relays, UDP
turn_max = 49999

[calls]
# May be lowered, never raised.
conversation_max_s = 600
conversation_warning_before_s = 30
ring_max_s = 60       # where no ring plan says how long; plans that do ring up to 180 s
"""


class SettingsNotUnderstood(BadInput):
    """The settings file cannot be read or says something impossible."""

    code = "settings_not_understood"


class PortsTaken(Conflict):
    """Somebody else listens where we must."""

    code = "ports_taken"


class SchemaNewer(Conflict):
    """The database was written by a newer release than this one."""

    code = "schema_newer"


class DataFolderUnusable(BadInput):
    """The data folder cannot be written, or its path is too long for a unix socket."""

    code = "data_folder_unusable"


def prepare(data: Path, *, offset: int | None = None, address: str | None = None) -> tuple[Settings, Advertised]:
    """Make everything that the parts need to start, and return the settings in force. Changes nothing before it refuses."""
    os.umask(0o077)  # nothing below is for others
    _usable(data)
    file = data / "settings.toml"
    changed = settings_text(file, offset, address)
    settings = checked(data, changed)
    dialable(settings.advertised_address)
    taken = ports.occupied(ports.listeners(settings.ports.model_dump()))
    if taken:
        raise PortsTaken(ports.refusal(taken, file))
    _folders(settings)
    if not file.exists() or file.read_text() != changed:
        file.write_text(changed)
        file.chmod(0o600)
    found = address_room.advertised(settings)
    settings = settings.model_copy(update={"advertised_address": found.address})
    secrets.ensure_secrets(settings)
    _certificates(settings, datetime.now(UTC))
    _migrate(settings)
    render.render(settings, found.address)
    return settings, found


def _migrate(settings: Settings) -> None:
    """Bring the schema to this release, the database as it was kept beside; a database of a newer release is refused."""
    wrong = migrate.unfitting(settings)
    if wrong:
        raise SchemaNewer(wrong)
    before = migrate.current(settings)
    if before not in (None, migrate.head()):
        folder = settings.data / "backups"
        folder.mkdir(mode=0o700, exist_ok=True)
        copying.copy_out(settings, folder / f"database-{before}-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}.copy")
    migrate.upgrade(settings)


def load(data: Path) -> Settings:
    """Settings of an installation that `up` has made, the advertised address filled in."""
    settings = checked(data, None)
    return settings.model_copy(update={"advertised_address": address_room.advertised(settings).address})


def renew_certificates(settings: Settings, now: datetime) -> bool:
    """Issue server certificates anew where their end is near, and take over the operator's own where they were replaced.

    Writes the files that the engines read; True when one of them is new. `assembly.certificates` makes engines read them.
    """
    before = _pairs(settings)
    _certificates(settings, now)
    render.write_pairs(settings)
    return _pairs(settings) != before


def _pairs(settings: Settings) -> list[bytes]:
    return [(settings.conf / f"{name}.pem").read_bytes() for name in ("edge", "portal")]


def _usable(data: Path) -> None:
    why = place.unusable(data)
    if why:
        raise DataFolderUnusable(why)


def dialable(address: str) -> None:
    """Raise `SettingsNotUnderstood` unless phones and stations can dial it; empty is found at every start."""
    if not address:
        return
    try:
        ipaddress.IPv4Address(address)
    except ValueError as error:
        raise SettingsNotUnderstood(
            f"advertised_address has to be an IPv4 address, not {address!r}. A DNS name belongs into public_name."
        ) from error


def settings_text(file: Path, offset: int | None, address: str | None) -> str:
    """The settings file with this offset and address written into it; the defaults where there is no file yet."""
    if not file.exists():
        return _SETTINGS.format(offset=offset or 0, address=address or "")
    text = file.read_text()
    if offset is not None:
        text = _replaced(text, "offset", str(offset))
    if address is not None:
        text = _replaced(text, "advertised_address", f'"{address}"')
    return text


def _replaced(text: str, name: str, value: str) -> str:
    changed, times = re.subn(rf"(?m)^(\s*{name}\s*=\s*)[^#\n]*?(\s*(?:#.*)?)$", rf"\g<1>{value}\g<2>", text, count=1)
    if not times:
        raise SettingsNotUnderstood(f"The settings file has no line `{name} = ...` to change; write it there.")
    return changed


def checked(data: Path, text: str | None) -> Settings:
    """The settings that `text` would give (None: as they stand), each problem named with its key."""
    try:
        if text is None:
            return settings_room.load(data)
        return settings_room.parse(data, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise SettingsNotUnderstood(f"{data / 'settings.toml'} is not valid TOML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg'].removeprefix('Value error, ')}"
            for one in error.errors()
        )
        raise SettingsNotUnderstood(f"{data / 'settings.toml'}: {problems}") from error


def _folders(settings: Settings) -> None:
    for folder in (
        settings.data,
        settings.data / "db",
        settings.conf,
        settings.run,
        settings.logs,
        settings.pki,
        settings.secrets,
        settings.snapshots,
        settings.portraits,
        settings.prompts,
        settings.stations,
    ):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _certificates(settings: Settings, now: datetime) -> None:
    authority.ensure_authority(settings.pki, now)
    dns = [name for name in (settings.public_name, "localhost", settings.realm) if name]
    addresses = list(dict.fromkeys((settings.advertised_address, address_room.LOOPBACK)))
    for name in ("edge", "portal"):
        authority.ensure_server_certificate(settings.pki, name, dns=dns, addresses=addresses, now=now)
