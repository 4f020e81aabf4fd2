"""The station software: a door station's calls, media, relays and messaging, on real hardware or simulated.

Start it with `python -m antiphon_station run --data DIR`; the local protocol is described in `antiphon_station.control`.
"""

SOFTWARE = "antiphon-station 0.1.0"
