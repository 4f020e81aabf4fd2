"""Adapters at the rim: sockets and providers behind the ports of the rooms below."""
