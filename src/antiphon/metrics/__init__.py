"""Every figure that Antiphon tells Prometheus: its name, its words, its labels and which role counts it.

Counted on the call path are plain counters and histograms; what merely is (calls going on, parts up) is a `Reading`, looked
up when somebody asks. No label ever names a company, a person, a station or a call.
"""

from __future__ import annotations

from antiphon.metrics.model import (
    CATALOGUE,
    Role,
    counter,
    counting,
    exposition,
    histogram,
    reading,
)
from antiphon.metrics.model import Metric as Metric

_ALL: tuple[Role, ...] = ("api", "calls", "devices", "worker")
# What a visitor or an operator waits for: fine where the aims are, to ten seconds.
_WAITED_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 0.7, 1.0, 2.0, 5.0, 10.0)
# What one step inside the platform takes.
_STEP_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

# -- calls -------------------------------------------------------------------------------------------------------------

CALLS = reading("antiphon_calls", "Calls going on, by direction and state.", ("direction", "state"), ("calls",))
LEGS = reading("antiphon_legs", "Legs of calls going on, by kind and state.", ("kind", "state"), ("calls",))
CALLS_ENDED = counter(
    "antiphon_calls_ended", "Calls that ended, by direction and cause.", ("direction", "cause"), ("calls",)
)
PRESS_TO_RING = histogram(
    "antiphon_press_to_ring_seconds",
    "From the station's INVITE at the call service to the first ring handed to a client.",
    (),
    ("calls",),
    _WAITED_S,
)
RING_TO_PREVIEW = histogram(
    "antiphon_ring_to_preview_seconds",
    "From the first ring to the first receiver whose preview is set up at the media engine.",
    (),
    ("calls",),
    _WAITED_S,
)
ANSWER_TO_CONNECTED = histogram(
    "antiphon_answer_to_connected_seconds",
    "From a client's answer to the conversation: both ends are told that they are connected.",
    (),
    ("calls",),
    _WAITED_S,
)
CALLS_LOST = counter(
    "antiphon_calls_lost_media", "Calls that the media engine lost because it died or was restarted.", (), ("calls",)
)
CLIENTS = reading("antiphon_clients", "Signed-on browser tabs, on duty or not.", ("duty",), ("calls",))
SIP_TRANSACTIONS = reading(
    "antiphon_sip_transactions", "SIP transactions begun, by side.", ("side",), ("calls",), counts=True
)
SIP_RETRANSMISSIONS = reading(
    "antiphon_sip_retransmissions",
    "SIP messages that were sent again for want of an answer.",
    (),
    ("calls",),
    counts=True,
)
SIP_TIMEOUTS = reading(
    "antiphon_sip_timeouts", "SIP requests of ours that nobody answered.", (), ("calls",), counts=True
)
NG_SECONDS = histogram(
    "antiphon_ng_seconds", "From a command to the media engine to its answer.", ("command",), ("calls",), _STEP_S
)
NG_FAILED = counter(
    "antiphon_ng_failed", "Commands that the media engine refused or did not answer.", ("command",), ("calls",)
)

# -- doors -------------------------------------------------------------------------------------------------------------

DOORS = counter(
    "antiphon_doors", "Asked-for door openings, by who asked and what came of it.", ("by", "outcome"), ("api", "calls")
)
OPEN_TO_ACKNOWLEDGED = histogram(
    "antiphon_open_to_acknowledged_seconds",
    "From a door command to the station's acknowledgement.",
    (),
    ("api", "calls"),
    _WAITED_S,
)

# -- stations, accounts, certificates ------------------------------------------------------------------------------------

STATIONS = reading(
    "antiphon_stations",
    "Stations of all companies and accounts of other makers' stations, by state.",
    ("kind", "state"),
    ("devices",),
)
CERTIFICATE_DAYS = reading(
    "antiphon_certificate_days",
    "Days left of the platform's certificates and of its revocation list; `station` is the soonest of all stations'.",
    ("certificate",),
    ("devices",),
)
REGISTRATIONS = reading(
    "antiphon_registrations",
    "Who is registered at the SIP edge: stations and other makers' accounts.",
    ("kind",),
    ("worker",),
)

# -- queues, bus, database, event loops ----------------------------------------------------------------------------------

OUTBOX = reading("antiphon_outbox_facts", "Facts that wait for their delivery to the bus.", (), ("worker",))
OUTBOX_AGE = reading("antiphon_outbox_age_seconds", "Age of the oldest fact that waits.", (), ("worker",))
FACT_SECONDS = histogram(
    "antiphon_fact_seconds", "From a fact to its arrival over the bus.", (), ("api", "calls", "devices"), _WAITED_S
)
BROKER_CONNECTED = reading("antiphon_broker_connected", "1 while this role is connected to the broker.", (), _ALL)
BROKER_DROPPED = reading(
    "antiphon_broker_dropped", "Facts and messages that did not get through.", ("what",), _ALL, counts=True
)
LOOP_LAG = histogram(
    "antiphon_loop_lag_seconds", "How late the role's event loop is, sampled twice a second.", (), _ALL, _STEP_S
)
DATABASE_WAIT = histogram(
    "antiphon_database_wait_seconds", "How long work waits for the role's database thread.", (), _ALL, _STEP_S
)
DATABASE_SECONDS = histogram(
    "antiphon_database_seconds", "How long transactions take, lock included.", ("kind",), _ALL, _STEP_S
)

# -- the installation's parts --------------------------------------------------------------------------------------------

PART_UP = reading("antiphon_part_up", "1 when the part answers a real question.", ("part",), ("worker",))
PART_RESTARTS = reading(
    "antiphon_part_restarts", "How often the part was started again.", ("part",), ("worker",), counts=True
)
PART_STARTED = reading(
    "antiphon_part_start_time_seconds", "When the part was last started (Unix time).", ("part",), ("worker",)
)
PART_DOWN_SINCE = reading(
    "antiphon_part_down_since_seconds", "Since when the part is down (Unix time), while it is.", ("part",), ("worker",)
)
PART_LAST_OUTAGE = reading(
    "antiphon_part_last_outage_seconds", "How long the part's last outage lasted.", ("part",), ("worker",)
)
BACKUP_AGE = reading(
    "antiphon_backup_age_seconds", "Age of the last complete backup; none while there never was one.", (), ("worker",)
)

# -- the engines' own figures --------------------------------------------------------------------------------------------

EDGE_REQUESTS = reading("antiphon_edge_requests", "SIP requests that the edge received.", (), ("worker",), counts=True)
EDGE_CONNECTIONS = reading("antiphon_edge_connections", "Open TLS connections of the SIP edge.", (), ("worker",))
EDGE_TRANSACTIONS = reading("antiphon_edge_transactions", "Transactions open at the SIP edge.", (), ("worker",))
EDGE_MEMORY_FREE = reading("antiphon_edge_memory_free_bytes", "Free shared memory of the SIP edge.", (), ("worker",))
MEDIA_SESSIONS = reading("antiphon_media_sessions", "Sessions that the media engine holds.", (), ("worker",))
MEDIA_PACKETS = reading(
    "antiphon_media_packets", "Packets that the media engine relayed.", (), ("worker",), counts=True
)
MEDIA_ERRORS = reading(
    "antiphon_media_packet_errors", "Packets that the media engine could not relay.", (), ("worker",), counts=True
)
BROKER_CLIENTS = reading("antiphon_broker_clients", "Sessions at the broker, our roles included.", (), ("worker",))
BROKER_MESSAGES = reading(
    "antiphon_broker_messages", "MQTT messages through the broker.", ("direction",), ("worker",), counts=True
)

__all__ = [
    "ANSWER_TO_CONNECTED",
    "BACKUP_AGE",
    "BROKER_CLIENTS",
    "BROKER_CONNECTED",
    "BROKER_DROPPED",
    "BROKER_MESSAGES",
    "CALLS",
    "CALLS_ENDED",
    "CALLS_LOST",
    "CATALOGUE",
    "CERTIFICATE_DAYS",
    "CLIENTS",
    "DATABASE_SECONDS",
    "DATABASE_WAIT",
    "DOORS",
    "EDGE_CONNECTIONS",
    "EDGE_MEMORY_FREE",
    "EDGE_REQUESTS",
    "EDGE_TRANSACTIONS",
    "FACT_SECONDS",
    "LEGS",
    "LOOP_LAG",
    "MEDIA_ERRORS",
    "MEDIA_PACKETS",
    "MEDIA_SESSIONS",
    "NG_FAILED",
    "NG_SECONDS",
    "OPEN_TO_ACKNOWLEDGED",
    "OUTBOX",
    "OUTBOX_AGE",
    "PART_DOWN_SINCE",
    "PART_LAST_OUTAGE",
    "PART_RESTARTS",
    "PART_STARTED",
    "PART_UP",
    "PRESS_TO_RING",
    "REGISTRATIONS",
    "RING_TO_PREVIEW",
    "SIP_RETRANSMISSIONS",
    "SIP_TIMEOUTS",
    "SIP_TRANSACTIONS",
    "STATIONS",
    "Metric",
    "Role",
    "counting",
    "exposition",
]
