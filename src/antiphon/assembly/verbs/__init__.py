"""Verbs of the command line that look after an installation: backup, restore, upgrade, rollback, doctor, logs."""
