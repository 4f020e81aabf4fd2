"""Call buttons and whom they ring: "who rings now?"."""

from antiphon.directory.model import Button, RingPlan, UnknownButton
from antiphon.directory.store import buttons, forget_account, ring_plan, set_buttons

__all__ = ["Button", "RingPlan", "UnknownButton", "buttons", "forget_account", "ring_plan", "set_buttons"]
