"""Whose rows a query may see."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """One company. Every tenant query names one; nothing reads across companies."""

    company_id: str


@dataclass(frozen=True, slots=True)
class _Platform:
    """The platform itself, before a company is known: look-ups by e-mail, claim-code hash, certificate or call id."""


PLATFORM = _Platform()
AnyScope = Scope | _Platform
