"""Backup and restore, and the way to a newer release and back: an installation's data kept whole."""
