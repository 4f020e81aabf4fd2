"""Every product number, once, with its unit in the name and its requirement ID beside it."""

# X1: a conversation lasts at most this long; the warning tone comes this long before the end.
CONVERSATION_MAX_S = 600
CONVERSATION_WARNING_BEFORE_S = 30
# X4: devices of a ring group that ring at once.
RINGING_RECEIVERS_MAX = 32
# A door call that nobody answers ends after this time with a spoken message.
RING_MAX_S = 60
# D4: a station acknowledges a door command within this time, or the person who tapped gets an error.
DOOR_ACK_MAX_S = 2.0
# D4: how long a relay pulses unless the door says otherwise.
DOOR_PULSE_DEFAULT_S = 4.0
DOOR_PULSE_MAX_S = 600.0
# D4: the same request to open is one pulse for this long; how long after the acknowledgement's limit it is given up for
# lost, and how often another process that has the same request looks for its outcome.
DOOR_REQUEST_LIFE_S = 86_400
DOOR_REQUEST_GRACE_S = 3.0
DOOR_REQUEST_POLL_S = 0.1
DOOR_LOG_PAGE_MAX = 200
# D2: key frames while previewing are at most this far apart.
PREVIEW_KEY_FRAME_MAX_S = 1.0

# S6: claim codes.
CLAIM_CODE_VALID_DAYS = 90
CLAIM_ATTEMPTS_PER_MINUTE = 10  # per source address
# P6: certificates.
ROOT_CERTIFICATE_DAYS = 7300
ISSUING_CERTIFICATE_DAYS = 3650
DEVICE_CERTIFICATE_DAYS = 825
SERVER_CERTIFICATE_DAYS = 397
SERVER_CERTIFICATE_RENEW_BEFORE_DAYS = 30
# P6: an expired revocation list makes the broker refuse every station, so it runs long and is re-signed long before.
CRL_VALID_DAYS = 3650
CRL_RENEW_BEFORE_DAYS = 1825
CRL_ALARM_BEFORE_DAYS = 90
# S6: the same key may repeat its claim for this long, because the first answer may have been lost.
CLAIM_REPEAT_S = 600

# P5: sessions.
ACCESS_TOKEN_S = 600
REFRESH_TOKEN_S = 30 * 86_400
TURN_CREDENTIAL_S = 3_600
LOGIN_ATTEMPTS_PER_MINUTE = 10  # per account and per source address
PASSWORD_MIN_CHARS = 12

# Hostile input: what is larger is refused.
HTTP_BODY_MAX_BYTES = 256 * 1024
WEBSOCKET_MESSAGE_MAX_BYTES = 128 * 1024
SIP_MESSAGE_MAX_BYTES = 64 * 1024
SIP_HEADERS_MAX = 128
MQTT_PAYLOAD_MAX_BYTES = 64 * 1024
SNAPSHOT_MAX_BYTES = 2 * 1024 * 1024
WEBSOCKET_MESSAGES_PER_SECOND = 50
CLIENTS_PER_USER_MAX = 20

# Our sessions with the broker.
MQTT_KEEPALIVE_S = 20
MQTT_TIMEOUT_S = 5.0
MQTT_RETRY_MIN_S = 0.2
MQTT_RETRY_MAX_S = 10.0
# D5: after the broker came back, stations that did not say that they are online within this time are offline.
PRESENCE_SETTLE_S = 30.0
# How often the devices role looks for what it may have missed: desired states, revocations, the list's own end.
DEVICES_SWEEP_S = 30.0
DATABASE_RETRY_S = 1.0
EDGE_RPC_MAX_S = 2.0

# RFC 3261 17.1.1.1 timers and what hangs on them.
SIP_T1_S = 0.5
SIP_T2_S = 4.0
SIP_T4_S = 5.0
REGISTER_EXPIRES_S = 120
SIP_KEEPALIVE_S = 25

# Facts on their way from the outbox to the bus: how many in one round, how long until the drain looks unasked (a writer
# on another machine cannot wake it), how long delivered ones are kept.
OUTBOX_BATCH = 200
OUTBOX_SWEEP_S = 30.0
OUTBOX_KEEP_DAYS = 7

# P5: sign-in. Failed attempts of one source address over all accounts; addresses and accounts remembered at most.
LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE = 60
LOGIN_ATTEMPTS_REMEMBERED = 20_000
PASSWORD_MAX_CHARS = 256
PASSWORD_CHECKS_AT_ONCE = 2  # each takes 64 MiB and a core for some 50 ms
# A session in use lives on: its end moves when this much of its time is gone.
SESSION_EXTENDED_AFTER_S = 86_400

# The HTTPS front, in all and per source address: gentle enough for a control room of fifty behind one router.
FRONT_CONNECTIONS_MAX = 20_000
FRONT_CONNECTIONS_PER_SOURCE = 2_000
FRONT_REQUESTS_PER_SOURCE_10_S = 3_000
FRONT_CLAIM_REQUESTS_PER_MINUTE = 120
# The SIP edge gives up a peer that answers nothing at all; well within a visitor's patience.
SIP_SILENT_PEER_S = 5
# D12: call buttons of one station, and people bound to one button.
BUTTONS_PER_STATION_MAX = 64
RING_TARGETS_PER_BUTTON_MAX = 200
# rtpengine's NG protocol over UDP: a command is repeated after these waits and given up after the last one.
NG_WAITS_S = (0.25, 0.5, 1.0, 1.25)
NG_MESSAGE_MAX_BYTES = 65_536
NG_DEPTH_MAX = 16
NG_PENDING_MAX = 4_096
# D2: key-frame requests to one station are at least this far apart.
KEY_FRAME_REQUEST_MIN_S = 0.25
# D2: when a key frame is asked for after a receiver joined the preview.
KEY_FRAMES_FOR_JOINER_S = (0.1, 0.35, 0.7, 1.2, 2.0)
# A key frame in more packets than this is not taken (SNAPSHOT_MAX_BYTES in packets of a poor network).
KEY_FRAME_PACKETS_MAX = 4_096
# P12: a lost media engine is noticed within this time.
MEDIA_WATCH_S = 1.0
# Session descriptions: larger ones, or with more sections, are refused.
SDP_MAX_BYTES = 16_384
SDP_MEDIA_MAX = 8
DIGIT_REPORT_MAX_BYTES = 16_384

# How often the worker removes sessions, claim codes and delivered facts that have run out.
EXPIRY_SWEEP_S = 600.0
CLAIM_CODE_KEPT_DAYS = 30  # past its end: so long the device hears "expired", then "wrong"
