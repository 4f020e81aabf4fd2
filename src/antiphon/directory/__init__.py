"""Who rings now: buttons, receivers, ring plans."""
