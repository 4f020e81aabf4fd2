"""Passkeys (WebAuthn Level 3): what a browser is asked for, and whether what it answers is good. Pure but for chance.

A challenge is a keyed token and nothing of it is stored; whoever takes the answer makes it worth nothing for a second one.
"""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from antiphon.clock import new_id
from antiphon.identity.model import Passkey, PasskeyInvalid, PasskeyRefused, PasskeysNeedName
from antiphon.identity.tokens import read_timed_token, timed_token
from antiphon.limits import SIGN_IN_STEP_S
from antiphon.tenancy import User

Json = dict[str, Any]  # Any: as the browser writes it; the library checks every part
# What the library raises for hostile bytes: its own errors, and those of the parsers below it.
_MALFORMED = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
_REGISTER, _SIGN_IN = "passkey registration", "passkey sign-in"
_HTTPS = 443
_NAME = "Antiphon"


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal as a browser knows it: the name that passkeys are made for, and where its pages come from."""

    rp_id: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """A new passkey as its authenticator made it, and the challenge that it answers."""

    credential_id: str
    public_key: str
    sign_count: int
    challenge_id: str


@dataclass(frozen=True, slots=True)
class Asserted:
    """A passkey was used; the challenge that it answers."""

    sign_count: int
    challenge_id: str


def portal(host: str, public_name: str, port: int) -> Portal:
    """The portal that was asked at `host` (a Host header); raises `PasskeysNeedName` unless that is a name of ours.

    An address is no name: browsers make no passkeys for one.
    """
    name = host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host
    if not name or name not in (public_name.lower(), "localhost") or _is_address(name):
        raise PasskeysNeedName
    origins = [f"https://{name}" if port == _HTTPS else f"https://{name}:{port}"]
    if name != "localhost":
        origins.append(f"https://{name}")  # whoever hides our port behind the usual one
    return Portal(name, tuple(dict.fromkeys(origins)))


def creation_options(at: Portal, key: str, user: User, known: Iterable[str], now: datetime) -> Json:
    """What `navigator.credentials.create` takes (PublicKeyCredentialCreationOptionsJSON)."""
    token = timed_token(key, _REGISTER, new_id("challenge"), now, SIGN_IN_STEP_S, user.id)
    options = webauthn.generate_registration_options(
        rp_id=at.rp_id,
        rp_name=_NAME,
        user_id=user.id.encode(),
        user_name=user.email,
        user_display_name=user.name,
        challenge=token.encode(),
        timeout=SIGN_IN_STEP_S * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(base64url_to_bytes(one)) for one in known],
    )
    return _json(webauthn.options_to_json(options))


def request_options(at: Portal, key: str, now: datetime) -> Json:
    """What `navigator.credentials.get` takes (PublicKeyCredentialRequestOptionsJSON); nobody is named yet."""
    token = timed_token(key, _SIGN_IN, new_id("challenge"), now, SIGN_IN_STEP_S)
    options = webauthn.generate_authentication_options(
        rp_id=at.rp_id,
        challenge=token.encode(),
        timeout=SIGN_IN_STEP_S * 1000,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _json(webauthn.options_to_json(options))


def registered(at: Portal, key: str, user: User, credential: Json, now: datetime) -> Registered:
    """The passkey that the browser made for this person (RegistrationResponseJSON); raises `PasskeyInvalid`."""
    try:
        challenge = _challenge(credential)
        challenge_id = read_timed_token(key, _REGISTER, challenge, now, user.id)
        if challenge_id is None:
            raise PasskeyInvalid
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge.encode(),
            expected_rp_id=at.rp_id,
            expected_origin=list(at.origins),
            require_user_verification=True,
        )
    except (*_MALFORMED, UnsupportedAlgorithm) as error:
        raise PasskeyInvalid from error
    return Registered(
        _base64url(made.credential_id),
        base64.b64encode(made.credential_public_key).decode(),
        made.sign_count,
        challenge_id,
    )


def credential_id_of(credential: Json) -> str:
    """Which passkey the browser says it used (AuthenticationResponseJSON); raises `PasskeyRefused`."""
    try:
        return _base64url(parse_authentication_credential_json(credential).raw_id)
    except _MALFORMED as error:
        raise PasskeyRefused from error


def asserted(at: Portal, key: str, passkey: Passkey, credential: Json, now: datetime) -> Asserted:
    """What the browser's answer shows when this passkey made it, for its person, who was verified.

    Raises `PasskeyRefused`: another signature, challenge or portal, or a count that does not rise (a copied passkey).
    """
    try:
        challenge = _challenge(credential)
        challenge_id = read_timed_token(key, _SIGN_IN, challenge, now)
        handle = parse_authentication_credential_json(credential).response.user_handle
        if challenge_id is None or handle != passkey.user_id.encode():
            raise PasskeyRefused
        done = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.encode(),
            expected_rp_id=at.rp_id,
            expected_origin=list(at.origins),
            credential_public_key=base64.b64decode(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (*_MALFORMED, UnsupportedAlgorithm) as error:
        raise PasskeyRefused from error
    return Asserted(done.new_sign_count, challenge_id)


def _challenge(credential: Json) -> str:
    said = parse_client_data_json(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    if said.cross_origin:
        raise ValueError("a page of another site holds ours in a frame")
    return said.challenge.decode("ascii")


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _json(text: str) -> Json:
    made: Json = json.loads(text)
    return made


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
