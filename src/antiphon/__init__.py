"""Antiphon: an open intercom cloud. See docs/house.md for the floors and who may import whom."""

__version__ = "0.1.0"
