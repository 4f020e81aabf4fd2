"""HTTP of forgotten passwords: for whoever can't sign in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from pydantic import Field

from antiphon.errors import TooMany
from antiphon.identity.forgotten import Forgotten
from antiphon.identity.model import MailNotSet, ResetInvalid
from antiphon.identity.recognising import keys, same_site, sessions
from antiphon.identity.signing import Password, know_browser
from antiphon.tenancy import WeakPassword
from antiphon.tenancy.asking import Body, Refuses, Route, client_address

router = APIRouter(route_class=Route)


class ForgottenPassword(Body):
    """The address that somebody signs in with."""

    email: str = Field(max_length=254, examples=["anna@example.org"])


class NewPassword(Body):
    """`token`: what stands after `#` in the link."""

    token: Annotated[str, Field(max_length=120, examples=["user_01k2x3y4z5a6b7c8d9e0f1g2h3.29612345.c2VjcmV0"])]
    password: Password


@router.post(
    "/session/forgotten",
    tags=["session"],
    summary="I forgot my password",
    status_code=202,
    response_class=Response,
    dependencies=[Depends(same_site)],
)
@Refuses(TooMany, MailNotSet)
async def ask_for_link(body: ForgottenPassword, request: Request, tasks: BackgroundTasks) -> Response:
    """Sends a link that sets a new password, if somebody signs in with that address. The answer is the same either way, and given
    before anybody is looked for: `mail_not_set` says nothing but that this installation sends no mails to anybody."""
    if not request.app.state.settings.sends_mail:
        raise MailNotSet
    room = _forgotten(request)
    room.admit(client_address(request))
    tasks.add_task(room.ask, body.email)
    return Response(status_code=202, headers={"Cache-Control": "no-store"})


@router.post(
    "/session/reset",
    tags=["session"],
    summary="Set a new password by a link",
    status_code=204,
    dependencies=[Depends(same_site)],
)
@Refuses(ResetInvalid, WeakPassword)
async def reset_password(body: NewPassword, request: Request, response: Response) -> None:
    """The link is worth nothing from now on, and every session of the person ends. Sign in with the new password, in this
    browser also while somebody else guesses at it."""
    user = await _forgotten(request).reset(body.token, body.password)
    know_browser(response, sessions(request).browser_token(user.id))


def _forgotten(request: Request) -> Forgotten:
    """The process's `Forgotten`, made on first use."""
    state = request.app.state
    if not hasattr(state, "forgotten"):
        state.forgotten = Forgotten(state.database, state.clock, keys(request), sessions(request))
    made: Forgotten = state.forgotten
    return made
