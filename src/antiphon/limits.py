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

# D12: call buttons of one station, and people bound to one button.
BUTTONS_PER_STATION_MAX = 64
RING_TARGETS_PER_BUTTON_MAX = 200
