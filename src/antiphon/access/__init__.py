"""Who may open which door now; opening; the door log."""
