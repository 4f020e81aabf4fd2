"""The engines' configuration: templates and settings become files in the data folder."""

from __future__ import annotations

import json
import os
import pwd
import resource
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Any  # template variables are of every kind

import jinja2
import sqlalchemy as sa

from antiphon import limits
from antiphon.assembly.engines import modern_tls
from antiphon.assembly.engines.address import LOOPBACK, listening
from antiphon.assembly.engines.secrets import PLATFORM_USER, write_broker_passwords, write_secret
from antiphon.errors import BadInput
from antiphon.settings import Settings

# Files that hold a secret are written with mode 0600.
_OPEN = ("tls.cfg", "dispatcher.list", "rtpengine.conf", "mosquitto.conf", "mosquitto.platform.acl")
_OPEN_TOO = ("mosquitto.devices.acl", "haproxy.cfg", "openssl.cnf")
_SECRET = ("kamailio.cfg", "turnserver.conf")

# Everything the client needs comes from its own origin; its WebSocket too, which `self` covers. Styles set by script
# (a door's plate running empty) go through the object model, which no policy holds back.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


FRONT_PROBLEMS: dict[int, tuple[str, str]] = {
    400: ("bad_input", "The request is not understood."),
    403: ("forbidden", "You may not do this."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "This cannot be done here."),
    408: ("request_timeout", "The request took too long. Try again."),
    413: (
        "too_large",
        f"The request is too large: {limits.HTTP_BODY_MAX_BYTES // 1024} KiB at most, its length said beforehand.",
    ),
    429: ("too_many_requests", "Too many attempts. Wait a minute and try again."),
    500: ("internal", "Something failed on our side. Try again; if it stays, tell whoever runs the platform."),
    502: ("unavailable", "A needed part does not answer. Try again."),
    503: ("unavailable", "A needed part does not answer. Try again."),
    504: ("unavailable", "A needed part does not answer. Try again."),
}
_RETRY_AFTER_S = {429: "60", 503: "5"}


class PortalCertificateUnreadable(BadInput):
    """The certificate files named in the settings are not there, or this user may not read them."""

    code = "portal_certificate_unreadable"


def render(settings: Settings, address: str) -> None:
    """Write every engine's configuration below `conf/`; `address` is the advertised one. Idempotent."""
    settings.conf.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 configuration files, not HTML
    )
    variables = _variables(settings, address)
    for name in (*_OPEN, *_OPEN_TOO):
        (settings.conf / name).write_text(environment.get_template(name + ".j2").render(variables))
    for name in _SECRET:
        write_secret(settings.conf / name, environment.get_template(name + ".j2").render(variables).encode())
    write_broker_passwords(settings)
    for name in ("mosquitto.platform.acl", "mosquitto.devices.acl"):
        (settings.conf / name).chmod(0o600)
    write_pairs(settings)


def write_pairs(settings: Settings) -> None:
    """Certificates and keys as the front reads them, one file each."""
    write_secret(settings.conf / "edge.pem", _pair(settings.pki / "edge.crt", settings.pki / "edge.key"))
    write_secret(settings.conf / "portal.pem", _portal(settings))


def _variables(settings: Settings, address: str) -> dict[str, Any]:
    local = listening(address)
    return {
        "ports": settings.ports,
        "realm": settings.realm,
        "address": address,
        "local": local,
        "addresses": list(dict.fromkeys((local, LOOPBACK))),
        "user": pwd.getpwuid(os.geteuid()).pw_name,
        "modules": _kamailio_modules(),
        "database": _database(settings),
        "conf": settings.conf,
        "run": settings.run,
        "edge_rpc": settings.edge_rpc,
        "pki": settings.pki,
        "db": settings.data / "db",
        **modern_tls.variables(),
        "content_security_policy": CONTENT_SECURITY_POLICY,
        "allow_loopback_peer": settings.turn_allow_private_peers,
        "relay_bytes_per_s": limits.TURN_BYTES_PER_S,
        "turn_key": settings.secret("turn.key"),
        "nonce_secret": secrets.token_hex(16),
        "platform_user": PLATFORM_USER,
        "ring_max_s": limits.RING_CONFIGURED_MAX_S,  # as long as a ring plan may say
        "conversation_max_s": int(settings.calls.conversation_max_s),
        "silent_peer_s": limits.SIP_SILENT_PEER_S,
        "register_expires_s": limits.REGISTER_EXPIRES_S,
        "sip_request_max": limits.SIP_REQUEST_MAX_BYTES,
        "sanity_checks": 1511,
        "sip_buffer": limits.SIP_BUFFER_BYTES,
        "stranger_s": limits.SIP_STRANGER_S,
        "sip_connections_max": limits.SIP_CONNECTIONS_MAX,
        "sip_requests_per_2_s": limits.SIP_REQUESTS_PER_CALLER_2_S,
        "sip_strange_requests_per_2_s": limits.SIP_REQUESTS_PER_STRANGE_SOURCE_2_S,
        "guesses_free": limits.SIP_GUESSES_FREE,
        "guesses_per_source": limits.SIP_GUESSES_PER_SOURCE,
        "guess_wait_max_s": limits.SIP_GUESS_WAIT_MAX_S,
        "front_problems": _front_problems(),
        "mqtt_payload_max": limits.MQTT_PAYLOAD_MAX_BYTES,
        "body_drained_max": limits.HTTP_BODY_DRAINED_MAX_BYTES,
        "connections_max": _connections_max(),
        "connections_per_source": limits.FRONT_CONNECTIONS_PER_SOURCE,
        "requests_per_10_s": limits.FRONT_REQUESTS_PER_SOURCE_10_S,
        "sockets_per_10_s": limits.FRONT_WEBSOCKETS_PER_SOURCE_10_S,
        "claims_per_minute": limits.FRONT_CLAIM_REQUESTS_PER_MINUTE,
    }


def _front_problems() -> list[tuple[int, str, str]]:
    """What the front answers by itself: status, problem details (RFC 9457), and seconds of Retry-After or ''."""
    told = []
    for status, (code, detail) in FRONT_PROBLEMS.items():
        title = HTTPStatus(status).phrase
        body = {
            "type": f"urn:antiphon:problem:{code}",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
        }
        told.append((status, json.dumps(body), _RETRY_AFTER_S.get(status, "")))
    return told


def _database(settings: Settings) -> dict[str, str]:
    """How Kamailio reaches the database: module, address, and the SQL function that finds a text in a text."""
    url = sa.make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        path = str(url.database)
        return {"module": "db_sqlite", "url": f"sqlite:///{path}", "path": path, "find": "instr"}
    plain = url.set(drivername="postgres", query={}).render_as_string(hide_password=False)
    return {"module": "db_postgres", "url": plain, "path": "", "find": "strpos"}


def _connections_max() -> int:
    """Connections of the front: two descriptors each, within what this process may open."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.FRONT_CONNECTIONS_MAX
    return wanted if hard == resource.RLIM_INFINITY else max(500, min(wanted, (hard - 200) // 2))


def _kamailio_modules() -> str:
    """Debian's module folder of this machine's architecture."""
    found = sorted(Path("/usr/lib").glob("*/kamailio/modules"))
    return str(found[0]) if found else "/usr/lib/kamailio/modules"


def _pair(certificate: Path, key: Path) -> bytes:
    return certificate.read_bytes().rstrip() + b"\n" + key.read_bytes()


def _portal(settings: Settings) -> bytes:
    given = settings.portal_certificate, settings.portal_key
    if not all(given):
        return _pair(settings.pki / "portal.crt", settings.pki / "portal.key")
    try:
        return _pair(Path(str(given[0])), Path(str(given[1])))
    except OSError as error:
        raise PortalCertificateUnreadable(
            f"The portal's certificate files cannot be read ({error.filename}: {error.strerror}). "
            "Correct portal_certificate and portal_key in the settings file."
        ) from error
