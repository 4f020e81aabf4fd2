"""Owns how facts are named and said in one language, and what a reader may hear of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from antiphon.directory.rings import LastResort, Member, RuleRef, Silence, Via, Words

# What everybody may know who may read calls; every other reason is somebody's, or the ring plans'.
_OPEN = frozenset({"offline", "too_many", "not_a_member_any_more", "number_without_trunk"})


@dataclass(frozen=True, slots=True)
class Speaker:
    """`says` are the trace's own sentences, `rings` those about ring plans."""

    says: Mapping[str, str]
    rings: Words
    names: Mapping[Member, str]
    sees_plans: bool
    reader_id: str

    def say(self, key: str, **facts: object) -> str:
        return self.says[key].format(**facts)

    def seconds(self, value: float) -> str:
        """Whole ones, tenths below ten."""
        return f"{value:.1f}".removesuffix(".0").replace(".", self.says["point"]) if value < 9.95 else f"{value:.0f}"

    def count(self, key: str, number: int) -> str:
        return self.say(f"{key}.one" if number == 1 else key, n=number)

    def name(self, member: Member, otherwise: str = "") -> str:
        """As it was then."""
        return self.names.get(member) or otherwise or (member.id if member.kind == "number" else self.say("gone"))

    def hides(self, silence: Silence) -> bool:
        """The reader may not know why."""
        return not self.sees_plans and silence.cause not in _OPEN and silence.member.id != self.reader_id

    def silence(self, silence: Silence) -> str:
        if self.hides(silence):
            return self.say("row.private")
        return self.rings.silence(silence, past=True)

    def way(self, via: Via) -> str:
        """From the button on; nothing for whom plans are not to be read."""
        return ", ".join(self._step(one) for one in via) if self.sees_plans else ""

    def _step(self, one: Member | RuleRef | LastResort) -> str:
        if isinstance(one, RuleRef):
            return self.say("way.rule", n=one.number, who=self.name(one.owner))
        if isinstance(one, LastResort):
            return self.say("way.last", who=self.name(one.owner)) if one.owner else self.say("way.company_last")
        return self.name(one)
