"""How people and programs prove who they are: passwords, sessions, tokens, invitations, API keys."""

from antiphon.identity.factor_store import forget_used_challenges
from antiphon.identity.guests import ActsIn, companies_of
from antiphon.identity.invitations import forget_expired_invitations, not_mailed
from antiphon.identity.keys import Keys, Replaced
from antiphon.identity.links import invitation_link, password_link, password_link_ends
from antiphon.identity.model import Invitation, InvitationNotFound
from antiphon.identity.passwords import hash_password, new_password
from antiphon.identity.recognising import APerson, own_page, recognise
from antiphon.identity.second_factor import remove_second_factor
from antiphon.identity.sessions import forget_expired_sessions, set_password
from antiphon.identity.store import invitation, leave_place, named, role_used, session_alive
from antiphon.identity.tokens import public_key_pem, token_secret, verify_access_token

__all__ = [
    "APerson",
    "ActsIn",
    "Invitation",
    "InvitationNotFound",
    "Keys",
    "Replaced",
    "companies_of",
    "forget_expired_invitations",
    "forget_expired_sessions",
    "forget_used_challenges",
    "hash_password",
    "invitation",
    "invitation_link",
    "leave_place",
    "named",
    "new_password",
    "not_mailed",
    "own_page",
    "password_link",
    "password_link_ends",
    "public_key_pem",
    "recognise",
    "remove_second_factor",
    "role_used",
    "session_alive",
    "set_password",
    "token_secret",
    "verify_access_token",
]
