"""Calls: the call machine, its legs, records and snapshots."""
