"""Claiming, certificates, desired and reported state, commands to stations."""
