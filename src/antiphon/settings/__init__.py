"""Settings of one installation: one file (`settings.toml` in the data folder) plus `ANTIPHON_*` in the environment."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, Field, PrivateAttr, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from antiphon import limits

_TCP = ("https", "sips", "sips_accounts", "mqtts", "device_https", "stun", "metrics")
_UDP = ("stun", "sip_edge", "sip_calls", "ng", "dtmf_log")
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)

# An address, or a name and an address in angle brackets, on one line: it becomes the From header.
_MAIL_FROM = re.compile(
    r"(?:[^<>\x00-\x1f\x7f]*<[^<>@\s]{1,64}@[^<>@\s]{1,190}>|[^<>@\s\x00-\x1f]{1,64}@[^<>@\s\x00-\x1f]{1,190})"
)


class Ports(BaseModel):
    """Listening ports (X5). `offset` is added to every single port, never to the media ranges."""

    offset: int = 0
    https: int = 8443
    sips: int = 5061  # device certificates
    sips_accounts: int = 5062  # digest, other makers' stations
    mqtts: int = 8883
    device_https: int = 8088
    stun: int = 3478
    sip_edge: int = 5070  # loopback: Kamailio, towards the call service
    sip_calls: int = 5080  # loopback: the call service
    ng: int = 2223  # loopback: rtpengine's control port
    dtmf_log: int = 2224  # loopback: where rtpengine reports digits (dtmf-log-dest)
    metrics: int = 9464  # loopback: figures for Prometheus, health of everything
    rtp_min: int = 10000
    rtp_max: int = 39999
    turn_min: int = 40000
    turn_max: int = 49999
    _shifted: bool = PrivateAttr(default=False)  # an instance inside Settings is validated again

    @model_validator(mode="after")
    def _apply_offset(self) -> Self:
        if self._shifted:
            return self
        for name in (
            "https",
            "sips",
            "sips_accounts",
            "mqtts",
            "device_https",
            "stun",
            "sip_edge",
            "sip_calls",
            "ng",
            "dtmf_log",
            "metrics",
        ):
            port = getattr(self, name) + self.offset
            if not 1024 <= port <= 65535:
                raise ValueError(f"port {name} = {port} is outside 1024 to 65535")
            object.__setattr__(self, name, port)
        self._shifted = True
        for protocol in (_TCP, _UDP):
            taken: dict[int, str] = {}
            for name in protocol:
                other = taken.setdefault(getattr(self, name), name)
                if other != name:
                    raise ValueError(f"{other} and {name} are both on port {getattr(self, name)}; give each its own")
        for lowest, highest in (("rtp_min", "rtp_max"), ("turn_min", "turn_max")):
            if not 1024 <= getattr(self, lowest) < getattr(self, highest) <= 65535:
                raise ValueError(
                    f"{lowest} = {getattr(self, lowest)} and {highest} = {getattr(self, highest)} are no range of ports: "
                    f"{lowest} has to be at least 1024, {highest} larger than it and at most 65535"
                )
        if self.rtp_min <= self.turn_max and self.turn_min <= self.rtp_max:
            raise ValueError("rtp_min to rtp_max and turn_min to turn_max overlap; keep them apart")
        for name in ("https", "stun"):
            if getattr(self, name) in limits.BROWSER_BLOCKED_PORTS:
                raise ValueError(f"browsers refuse port {name} = {getattr(self, name)}; choose another one")
        return self

    @property
    def rtp(self) -> tuple[int, int]:
        """First and last port for sound and picture: the longest part of the range without a port that browsers refuse.

        And without our own listeners: on loopback the engine binds theirs beside them, and takes their datagrams.
        """
        kept_out = limits.BROWSER_BLOCKED_PORTS | {getattr(self, name) for name in _UDP}
        blocked = [port for port in sorted(kept_out) if self.rtp_min <= port <= self.rtp_max]
        starts = [self.rtp_min, *(port + 1 for port in blocked)]
        ends = [*(port - 1 for port in blocked), self.rtp_max]
        return max(zip(starts, ends, strict=True), key=lambda part: part[1] - part[0])


class CallSettings(BaseModel):
    """Limits of a call that an installation may lower, never raise (X1); `ring_max_s` is for what no ring plan gives a time."""

    conversation_max_s: float = Field(default=limits.CONVERSATION_MAX_S, gt=0, le=limits.CONVERSATION_MAX_S)
    conversation_warning_before_s: float = Field(default=limits.CONVERSATION_WARNING_BEFORE_S, gt=0)
    ring_max_s: float = Field(default=limits.RING_MAX_S, gt=0, le=limits.RING_CONFIGURED_MAX_S)


class Settings(BaseSettings):
    """Everything an installation can set. No secret has a default; secrets are files under `secrets/`."""

    model_config = SettingsConfigDict(
        env_prefix="ANTIPHON_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    data: Path
    database_url: str = ""  # empty: SQLite in the data folder
    realm: str = "antiphon.local"  # SIP domain and name in certificates
    advertised_address: str = ""  # empty: found; what phones and stations dial
    public_name: str = ""  # DNS name of the portal, if there is one
    portal_certificate: Path | None = None  # PEM with chain; empty: issued by the platform's own CA
    portal_key: Path | None = None
    log_level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    smtp_host: str = ""  # the mail server that takes our mail; empty: no mail is sent
    smtp_port: int = Field(default=0, ge=0, le=65535)  # 0: the usual one for `smtp_security`
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""  # empty: the server takes our mail without a sign-in
    smtp_password: SecretStr | None = None
    mail_from: str = ""  # `door@example.org` or `Antiphon <door@example.org>`
    turn_allow_private_peers: bool = False  # tests only: relays to the advertised address although it is loopback
    ports: Ports = Ports()
    calls: CallSettings = CallSettings()

    @field_validator("public_name", "realm")
    @classmethod
    def _host_name(cls, name: str, info: ValidationInfo) -> str:
        """These are rendered into the engines' configuration: nothing but a host name is let in."""
        if (name or info.field_name == "realm") and not _HOST_NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} is no host name: letters, digits, hyphens and dots only, such as door.example.org"
            )
        return name

    @model_validator(mode="after")
    def _mail(self) -> Self:
        if self.smtp_host and not _MAIL_FROM.fullmatch(self.mail_from):
            raise ValueError(
                f"with smtp_host, mail_from has to be an address such as `Antiphon <door@example.org>`, not {self.mail_from!r}"
            )
        if self.smtp_user and self.smtp_security == "none":
            raise ValueError(
                'smtp_user with smtp_security = "none" would send the password readable for everybody on the way; '
                'use "starttls" or "tls"'
            )
        if bool(self.smtp_user) != bool(self.smtp_password and self.smtp_password.get_secret_value()):
            raise ValueError("smtp_user and smtp_password belong together; set both or neither")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        data = init_settings().get("data") or env_settings().get("data")
        toml = Path(str(data)) / "settings.toml" if data else Path("settings.toml")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml)

    @property
    def sends_mail(self) -> bool:
        """Whether mail is set up."""
        return bool(self.smtp_host)

    def portal_address(self, advertised: str) -> str:
        """Where people reach the portal: by the public name if there is one, else at the address that the machine tells."""
        host = self.public_name or advertised
        shown = f"[{host}]" if ":" in host else host
        # A public name is reached at the usual port; whoever hides another one behind it maps it there.
        usual = self.public_name and self.ports.https == 443
        return f"https://{shown}" if usual else f"https://{shown}:{self.ports.https}"

    # -- where things are in the data folder ---------------------------------------------------------------------

    @property
    def pki(self) -> Path:
        """Certificates and keys: root, issuing, edge (server certificate), portal, trust.pem, crl.pem."""
        return self.data / "pki"

    @property
    def secrets(self) -> Path:
        """One secret a file, mode 0600: jwt.key, token.key, turn.key, mqtt.password and so on."""
        return self.data / "secrets"

    @property
    def run(self) -> Path:
        """Unix sockets and process ids."""
        return self.data / "run"

    @property
    def mqtt_socket(self) -> Path:
        """The broker's internal listener, for our roles only: a Unix socket, so that it costs no port."""
        return self.run / "mosquitto.sock"

    @property
    def mqtt_pid(self) -> Path:
        """The broker's process id: a hang-up makes it read `crl.pem` again."""
        return self.run / "mosquitto.pid"

    @property
    def edge_rpc(self) -> Path:
        """The SIP edge's JSON-RPC (Kamailio `jsonrpcs`, `dgram_socket`)."""
        return self.run / "kamailio_rpc.sock"

    @property
    def front_socket(self) -> Path:
        """The HTTPS front's administrative socket (HAProxy `stats socket`)."""
        return self.run / "haproxy.sock"

    @property
    def conf(self) -> Path:
        """Rendered engine configuration."""
        return self.data / "conf"

    @property
    def logs(self) -> Path:
        return self.data / "log"

    @property
    def snapshots(self) -> Path:
        return self.data / "snapshots"

    @property
    def portraits(self) -> Path:
        """Pictures and logos of contacts."""
        return self.data / "portraits"

    @property
    def prompts(self) -> Path:
        """Spoken prompts and tones as WAV files; rtpengine reads them."""
        return self.data / "prompts"

    @property
    def stations(self) -> Path:
        """Data folders of stations that run on this machine: the demo station lives in `stations/demo`."""
        return self.data / "stations"

    @property
    def web(self) -> Path:
        """The built web client."""
        return Path(os.environ.get("ANTIPHON_WEB", "web/dist"))

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data / 'db' / 'antiphon.sqlite'}"

    def secret(self, name: str) -> str:
        """The text of one secret file; raises FileNotFoundError when `up` has not made it."""
        return (self.secrets / name).read_text().strip()


def usual_data_folder() -> Path:
    """The folder that `./antiphon` takes when none is named; the script says which, for it may have changed the user."""
    return Path(os.environ.get("ANTIPHON_USUAL_DATA") or _own_data_folder()).resolve()


def data_folder(given: Path | None) -> Path:
    """The folder asked for, else the one that ANTIPHON_DATA names, else the user's own."""
    return (given or Path(os.environ.get("ANTIPHON_DATA") or _own_data_folder())).resolve()


def _own_data_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "antiphon"


def parse(data: Path, written: dict[str, object]) -> Settings:
    """Settings as the installation in `data` would have them if `written` stood in its settings file."""

    class Written(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, written)

    return Written(data=data.resolve())


def everything() -> dict[str, str]:
    """Our whole environment: for the tools that check and build, which read their own settings there."""
    return dict(os.environ)


def inherited() -> dict[str, str]:
    """What processes that we start shall see of our environment: settings given there, and how Python finds us."""
    wanted = ("PATH", "PYTHONPATH", "LANG", "SSL_CERT_FILE", "TZ")
    return {name: value for name, value in os.environ.items() if name.startswith("ANTIPHON_") or name in wanted}


def load(data: Path | None = None) -> Settings:
    """Settings of the installation in `data`, or in the folder that ANTIPHON_DATA names."""
    return Settings(data=data.resolve()) if data else Settings()
