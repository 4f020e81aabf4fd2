"""A mail in the queue: what it is about and what became of it. No words and no link are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antiphon.events import SignInChange

Kind = Literal["invitation", "password_link"] | SignInChange
State = Literal["waiting", "sent", "dropped", "given_up"]
# gone: nobody needs it any more; refused: by the mail server, for good; too_late: it could not be sent in time
Reason = Literal["gone", "refused", "too_late"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail. What stands in it is made from its subject (an invitation, a person) at each try."""

    id: str
    company_id: str
    fact_id: str  # what it came from: the same fact gives one mail
    kind: Kind
    subject_id: str
    created_at: datetime  # when it was asked for
    next_at: datetime | None  # when it is tried next; None: it has ended
    state: State = "waiting"
    reason: Reason | None = None
    tries: int = 0
    ended_at: datetime | None = None
    address: str | None = None  # where it goes, if not where its subject says now; kept until it has ended
