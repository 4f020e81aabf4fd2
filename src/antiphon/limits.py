"""Every product number, once, with its unit in the name and its requirement ID beside it."""

# X1: a conversation lasts at most this long; the warning tone comes this long before the end.
CONVERSATION_MAX_S = 600
CONVERSATION_WARNING_BEFORE_S = 30
# X4: devices of a ring group that ring at once.
RINGING_RECEIVERS_MAX = 32
# A door call that nobody answers ends after this time with a spoken message, where no ring plan says how long; steps that
# say how long they ring have their time, up to the second number, and the last of them without one at least the third.
RING_MAX_S = 60
RING_CONFIGURED_MAX_S = 180
RING_LAST_STEP_MIN_S = 20
# X2: rules of one ring plan. R1: steps of a plan or rule, how long one lasts, how often all of them come round, and how deep
# groups may name groups.
FORWARDING_RULES_PER_PLAN_MAX = 20
RING_STEPS_MAX = 12
RING_STEP_MIN_S = 5
RING_STEP_MAX_S = RING_CONFIGURED_MAX_S
RING_ROUNDS_MAX = 10
RING_NESTING_MAX = 8
SPANS_PER_RULE_MAX = 12
# Members looked at for one press at most: what rings is known in good time whatever plans name each other.
RING_PLAN_LOOKS_MAX = 2_000
# M6: parts of one person's do not disturb.
QUIETS_PER_PERSON_MAX = 16
# What a request may hold at all, above the limits that are refused by name.
RING_DOCUMENT_ITEMS_MAX = 200
HOLIDAY_YEARS_KEPT = 2_000  # years of calendars kept in memory, some 2 kB each
# +1: a station's test call has to arrive within this time after the station took the command, its sound is listened to for the
# second, which is how many packets at least (of fifty a second); a test whose process died is given up after the last.
TEST_CALL_ARRIVES_MAX_S = 8.0
TEST_CALL_SOUND_S = 3.0
TEST_CALL_PACKETS_MIN = 75
TEST_CALL_MAX_S = 30.0
TEST_CALL_LOOK_S = 20.0  # how often it is looked which are due
TEST_TIMES_PER_DAY_MAX = 12
TEST_CALLS_KEPT_DAYS = 90
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
COUNTS_KEPT_S = 15  # station counts of a tree; facts renew them at once where the broker is there
COUNTS_REST_FACTOR = 20  # counting a company rests for so many times as long as it took
COUNTS_KEPT_MAX = 500  # companies
STREAMS_PER_PERSON_MAX = 12
STREAM_WAITING_MAX = 64  # changes that a slow reader may be behind; then it hears that everything may have changed
STREAM_BEAT_S = 15
# D4: two taps give one pulse. Whoever taps a door again within this time meant one opening; later taps open it again.
DOOR_TAP_AGAIN_S = 1.0
# D2: key frames while previewing are at most this far apart.
PREVIEW_KEY_FRAME_MAX_S = 1.0

# S6: claim codes.
CLAIM_CODE_VALID_DAYS = 90
CLAIM_ATTEMPTS_PER_MINUTE = 10  # per source address
# +14: a SIP account's user name, in digits that a telephone can dial; how often the SIP edge is asked who is registered,
# and about how many at most each time.
ACCOUNT_NUMBER_DIGITS = 8
ACCOUNT_LOOK_S = 3.0
ACCOUNTS_IN_ONE_LOOK = 500
# D4: the digits that open an account's own relay are sent to it one after another, this far apart.
DOOR_DIGITS_MAX = 8
DOOR_DIGIT_GAP_S = 0.4  # the engine's digits last 250 ms, with 100 ms between them
# P6: certificates.
ROOT_CERTIFICATE_DAYS = 7300
ISSUING_CERTIFICATE_DAYS = 3650
DEVICE_CERTIFICATE_DAYS = 825
SERVER_CERTIFICATE_DAYS = 397
SERVER_CERTIFICATE_RENEW_BEFORE_DAYS = 30
SERVER_CERTIFICATE_ALARM_BEFORE_DAYS = 14  # it should have been renewed long ago
SERVER_CERTIFICATE_LOOK_S = 86_400.0
SERVER_CERTIFICATE_RETRY_S = 60.0
# P6: an expired revocation list makes the broker refuse every station, so it runs long and is re-signed long before.
CRL_VALID_DAYS = 1825
CRL_RENEW_BEFORE_DAYS = 1460
CRL_ALARM_BEFORE_DAYS = 90
# S6: the same key may repeat its claim for this long, because the first answer may have been lost.
CLAIM_REPEAT_S = 600

# P5: sessions.
ACCESS_TOKEN_S = 600
KNOWN_BROWSER_S = 365 * 24 * 3600  # how long a browser is known in which somebody signed in
REFRESH_TOKEN_S = 30 * 86_400
TURN_CREDENTIAL_S = 3_600
LOGIN_ATTEMPTS_PER_MINUTE = 10  # per account and per source address
PASSWORD_MIN_CHARS = 12

# A session's refresh token changes at each use; the one before stays good for this long, for tabs that ask at the same
# moment and for an answer that got lost.
REFRESH_REUSE_GRACE_S = 60
# P5: the signing key is replaced when it is this old; how long it is still accepted then.
SIGNING_KEY_DAYS = 90
SIGNING_KEY_ACCEPTED_S = 2 * ACCESS_TOKEN_S
SIGNING_KEY_LOOK_S = 3600.0
# What changes how somebody signs in needs a sign-in that is no older than this.
FRESH_SIGN_IN_S = 900
# Second factors and passkeys: how long somebody may take between the two halves of a sign-in, and what one person has.
SIGN_IN_STEP_S = 300
RECOVERY_CODES = 10
# A code is taken from the time before and after too, for phones whose clock is a little off (RFC 6238 5.2).
CODE_PERIOD_S = 30
CODE_PERIODS_AROUND = 1
# Wrong codes of one person in a row, wherever they come from, before each further one makes the next wait twice as long
# as the one before, up to the longest wait: whoever guesses knows the password already.
CODE_GUESSES_FREE = 10
CODE_WAIT_MAX_S = 900
PASSKEYS_PER_USER_MAX = 10
# Invitations, and links that set a new password.
INVITATION_VALID_DAYS = 14
PASSWORD_LINK_VALID_S = 3600
# Links for a new password: how many one e-mail address gets, and one source address asks for, within the window.
PASSWORD_LINKS_PER_EMAIL = 3
PASSWORD_LINKS_PER_ADDRESS = 20
PASSWORD_LINKS_WINDOW_S = 3_600
# Invitations by mail: how many one e-mail address gets, and one company sends, within that window.
INVITATION_MAILS_PER_EMAIL = 3
INVITATION_MAILS_PER_COMPANY = 100
# How often within that window one person, company or source address is told that somebody signs in with an e-mail address.
EMAIL_TAKEN_PER_PERSON = 10
EMAIL_TAKEN_PER_COMPANY = 30
# Mail: the first wait after a failure and the longest (each is twice the one before), when it is given up, how long the
# server may take for a step, how many mails are taken from the queue at once, how often it is looked through unasked, and how
# long what became of a mail is kept.
MAIL_RETRY_MIN_S = 60.0
MAIL_RETRY_MAX_S = 3_600.0
MAIL_GIVEN_UP_AFTER_S = 86_400.0
MAIL_STEP_MAX_S = 30.0
MAILS_IN_ONE_LOOK = 50
MAIL_LOOK_S = 600.0
MAILS_KEPT_DAYS = 30
# API keys.
API_KEY_MAX_DAYS = 3650
API_KEYS_PER_COMPANY_MAX = 200

# S1: some fifteen folders inside each other; the names of a place from its site on.
PLACE_PATH_MAX_CHARS = 500
PLACE_TRAIL_MAX_CHARS = 500
# Lists and search.
PAGE_MAX = 200
NAMED_IDS_MAX = 500  # places or people that a list's question names one by one; beyond that it walks along its order
SEARCH_RESULTS_MAX = 20
SEARCH_WORDS_MAX = 12
SEARCH_WORD_MAX_CHARS = 60
ROLES_PER_COMPANY_MAX = 100
# How long a repeated request with the same key gives what the first one gave.
IDEMPOTENCY_LIFE_S = 86_400
# One person or key: requests a minute, and how many may come at once.
REQUESTS_PER_MINUTE = 1_200
REQUESTS_AT_ONCE = 200
# Deactivated, signed out, a right taken away: no socket that was open lives longer.
RIGHTS_ENFORCED_S = 5.0

# Hostile input: what is larger is refused.
HTTP_BODY_MAX_BYTES = 256 * 1024
# An answer that is given before the whole body is there is cut off on its way: up to this size and time a body that is too
# large is taken and thrown away, so that whoever sent it reads why it is refused.
HTTP_BODY_DRAINED_MAX_BYTES = 16 * 1024 * 1024
HTTP_BODY_DRAINED_MAX_S = 10.0
WEBSOCKET_MESSAGE_MAX_BYTES = 128 * 1024
SIP_MESSAGE_MAX_BYTES = 64 * 1024
SIP_REQUEST_MAX_BYTES = 16 * 1024  # of stations at the edge: an offer with video has some 3 kB
SIP_INFO_WAITING_MAX = 16  # digits that wait for a peer to confirm the dialog; more are dropped
SIP_HEADERS_MAX = 128
MQTT_PAYLOAD_MAX_BYTES = 64 * 1024
SNAPSHOT_MAX_BYTES = 2 * 1024 * 1024
WEBSOCKET_MESSAGES_PER_SECOND = 50
# W1: a client without network is missed within the sum: how often it is asked whether it lives, how long it may think.
WEBSOCKET_PING_S = 10.0
WEBSOCKET_PONG_MAX_S = 5.0
CLIENTS_PER_USER_MAX = 20
# P4: what a message costs of that allowance: one, one more for each of these bytes; a sign-on reads the database.
WEBSOCKET_BYTES_PER_MESSAGE = 4_096
WEBSOCKET_HELLO_COST = 20
# P4: sockets on which nobody has signed on yet, of one address (a control room whose network comes back) and in all; and
# how many one address may open in ten seconds.
WEBSOCKETS_UNSIGNED_PER_SOURCE = 300
WEBSOCKETS_UNSIGNED_MAX = 2_000
FRONT_WEBSOCKETS_PER_SOURCE_10_S = 400

# Our sessions with the broker.
MQTT_KEEPALIVE_S = 20
MQTT_TIMEOUT_S = 5.0
MQTT_RETRY_MIN_S = 0.2
MQTT_RETRY_MAX_S = 10.0
# D5: a station without power or network is shown as offline within 10 s. The broker gives a silent session up after one
# and a half keepalives, and looks once a second.
STATION_KEEPALIVE_S = 5
# Sound, picture and signalling of a station share one interpreter: none keeps the others from it for longer.
STATION_THREAD_TURN_S = 0.001
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
# Transactions that only wait for late copies end together, so often: one wake-up for all.
SIP_EXPIRY_GRAIN_S = 0.25
REGISTER_EXPIRES_S = 120
SIP_KEEPALIVE_S = 25

# D2, X4: from the tap on Answer until the winner's media is there; later the call rings on for the others.
WINNER_MEDIA_MAX_S = 5.0
# W1: a client whose socket is lost while talking comes back within this time; also how long a call with nobody left rings on.
RECONNECT_GRACE_S = 10.0
# W1: a press while tabs are on their way back (the front or this service was lost) waits for them so long.
TABS_RETURN_S = 5.0
# A step of a call that another part has to answer (plan, media engine): later it counts as failed.
CALL_STEP_MAX_S = 5.0
# The longest prompt that a caller hears before it is let go.
PROMPT_MAX_S = 15.0
# Snapshots: what the decoder may use, per picture.
SNAPSHOT_DECODE_MAX_S = 5
SNAPSHOT_DECODE_MEMORY_BYTES = 1024 * 1024 * 1024
SNAPSHOT_PICTURE_MAX_BYTES = 512 * 1024
SNAPSHOT_EDGE_MAX_PX = 1280
SNAPSHOT_SOURCE_EDGE_MAX_PX = 4096
# D11: pictures and logos of contacts: what is looked at, and how large they are kept (each way, in pixels).
PORTRAIT_MAX_BYTES = HTTP_BODY_MAX_BYTES
PORTRAIT_SOURCE_PIXELS_MAX = 24_000_000
PORTRAIT_EDGE_PX = 512
PORTRAIT_SMALL_EDGE_PX = 96
# Hostile or stuck clients: what waits for one client at most, before it is dropped.
CLIENT_QUEUE_MAX = 256
CLIENT_HELLO_MAX_S = 10.0
# History pages.
CALLS_PAGE_MAX = 100
# Facts on their way from the outbox to the bus: how many in one round, how long until the drain looks unasked (a writer
# on another machine cannot wake it), how long delivered ones are kept.
OUTBOX_BATCH = 200
OUTBOX_SWEEP_S = 30.0
OUTBOX_PAUSE_S = 0.02  # between two looks: under load each takes several facts
OUTBOX_KEEP_DAYS = 7

# P5: sign-in. Failed attempts of one source address over all accounts; addresses and accounts remembered at most.
LOGIN_ATTEMPTS_PER_ADDRESS_PER_MINUTE = 60
# Of one account over all addresses: from then on it is signed in to only from where it has been signed in.
LOGIN_ATTEMPTS_PER_ACCOUNT_PER_MINUTE = 60
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
# P4: wrong passwords of one digest account in a row from one source address, before each further one makes the next wait
# twice as long as the one before, up to the longest wait; wrong passwords of one source over all accounts within a minute.
SIP_GUESSES_FREE = 10
SIP_GUESS_WAIT_MAX_S = 300
SIP_GUESSES_PER_SOURCE = 100
# P4: requests at the SIP edge within two seconds: of one station or account, and of everybody unknown at one address (a
# house whose power comes back registers all its telephones at once).
SIP_REQUESTS_PER_CALLER_2_S = 100
SIP_REQUESTS_PER_STRANGE_SOURCE_2_S = 400
# P4: a connection to the SIP edge on which nobody has shown who he is, and that says nothing.
SIP_STRANGER_S = 10
# P4: what one relay of a browser may carry: a call with a picture has some 1.2 Mbit/s in each direction (X9).
TURN_BYTES_PER_S = 600_000
# Connections of the SIP edge, what each may hold of an unfinished message, and the memory for all of them.
SIP_CONNECTIONS_MAX = 8_192
SIP_BUFFER_BYTES = 24 * 1024
SIP_EDGE_MEMORY_MB = 1_024
# D12: call buttons of one station, and people bound to one button.
BUTTONS_PER_STATION_MAX = 64
RING_TARGETS_PER_BUTTON_MAX = 200
# rtpengine's NG protocol over UDP: a command is repeated after these waits and given up after the last one.
NG_WAITS_S = (0.25, 0.5, 1.0, 1.25)
NG_MESSAGE_MAX_BYTES = 65_536
NG_DEPTH_MAX = 16
NG_PENDING_MAX = 4_096
# A record that the disk does not take is tried again after these times, never given up while the process lives.
RECORD_RETRY_MIN_S = 1.0
RECORD_RETRY_MAX_S = 60.0
RECORD_GATHER_S = 0.02  # records of calls that end within it are written in one transaction
# +1: what one call's trace may take on the disk, and how long what happened in calls is gathered before it is written.
TRACE_BYTES_MAX = 96 * 1024
TRACE_GATHER_S = 0.5
# At its stop the call service waits so long for its last records and goodbyes.
CALLS_STOP_MAX_S = 5.0
# Python's cyclic collector was the largest single cost of a SIP call: at its default of 700 new objects it ran several
# times a call, over everything that was ever imported. What stands after the start is frozen out of its sight; a call makes
# few cycles, so it looks this rarely (new objects, then rounds of each older generation). The API too: whoever asked while it
# looked at everything waited for a tenth of a second.
COLLECTOR_THRESHOLDS = (50_000, 20, 50)
# How many callers' pictures are decoded at the same time.
SNAPSHOTS_AT_ONCE = 2
# A browser that does not read, or does not sign on, within these times is dropped.
CLIENT_SEND_MAX_S = 10.0
# D5: what a call makes of its station is on everybody's tiles after this time; the call itself comes first.
TILE_AFTER_S = 0.3
# D2: key-frame requests to one station are at least this far apart.
KEY_FRAME_REQUEST_MIN_S = 0.1
# D2: when a key frame is asked for after a receiver joined the preview.
KEY_FRAMES_FOR_JOINER_S = (0.35, 0.7, 1.2, 2.0)
# D2: the same for a station of another maker, asked by SIP INFO (RFC 5168) after the call was put through.
KEY_FRAMES_BY_INFO_S = (0.1, 0.7, 2.0)
# A key frame in more packets than this is not taken (SNAPSHOT_MAX_BYTES in packets of a poor network).
KEY_FRAME_PACKETS_MAX = 4_096
# P12: a lost media engine is noticed within this time; while it is away it is asked this often whether it is back.
MEDIA_WATCH_S = 0.25
MEDIA_AWAY_ASK_S = 0.05
MEDIA_QUERY_S = 1.0  # how often one call after the other is asked for, for an engine that lives and forgot it
# P12: sound and picture offered anew are agreed within this time, or the call ends in words; and how often in one call.
MEDIA_RENEWAL_MAX_S = 8.0
MEDIA_RENEWALS_MAX = 8
DIGIT_REPORT_MAX_BYTES = 16_384

# How often the worker removes sessions, claim codes and delivered facts that have run out.
EXPIRY_SWEEP_S = 600.0
CLAIM_CODE_KEPT_DAYS = 30  # past its end: so long the device hears "expired", then "wrong"

# RFC 3261 14.1: how often one offer is tried again after glare before its owner is told.
SIP_OFFER_TRIES_MAX = 5
# RFC 3261 14.2: a peer that asks us to come back later is believed up to this.
SIP_RETRY_AFTER_MAX_S = 10
# A call never ends in silence: both ends ask each other inside the dialog this often whether the call still lives, while it
# rings and while people talk. A side that was started anew answers 481 at once, and the other tells its people.
SIP_PROBE_S = 4.0
SIP_RINGING_PROBE_S = 2.0
# P12: a talk outlives the loss of the station's connection (network, edge) for so long: at the station, which connects and
# registers again, and at the call service, which asks every second whether it is back.
SIP_FLOW_GRACE_S = 12.0
SIP_UNREACHABLE_GRACE_S = 10.0
# A session description: browsers send some 10 kB with two media lines.
SDP_MAX_BYTES = 64 * 1024
SDP_LINES_MAX = 1024
SDP_MEDIA_MAX = 16
SDP_FORMATS_MAX = 128  # of one media line: there are so many payload types
# Loopback socket to the SIP edge: room for a ring of all receivers while one event is worked on.
SIP_SOCKET_BUFFER_BYTES = 4 * 1024 * 1024
# P12: outages of parts that are remembered.
OUTAGES_KEPT = 200
# Operating: how often each role looks how late its event loop is, and how long whoever asks for figures or for the health
# of everything waits for one part. Answers for everybody are made anew at most this often.
LOOP_SAMPLE_S = 0.5
FIGURES_MAX_S = 3.0
HEALTH_KEPT_S = 2.0
METRICS_PORT_RETRY_S = 30.0
# Every station's certificate is looked through this often: it takes a while with many of them.
CENSUS_S = 900.0
# X5: ports from 1024 on to which browsers send nothing (Fetch standard, "bad port"); Chromium keeps to it for sound and picture, too.
BROWSER_BLOCKED_PORTS = frozenset(
    {1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, *range(6665, 6670), 6679, 6697, 10080}
)
DATABASE_BUNCH_MAX = 16  # transactions whose outcome goes back to the event loop together
LOG_LINES_GATHER_S = (
    0.02  # how long lines wait in their pipe for others before the keeper writes them; a pipe takes some hundred
)
OUTAGE_LOOK_S = 0.2  # how often the worker looks for parts that ended, and asks those that are down
OUTAGE_PROBE_S = 5.0  # how often it asks all of them, for one that hangs
# Upgrades: disk space that has to stay free beside three copies of the database, and how many copies are kept.
UPGRADE_SPARE_BYTES = 64 * 1024 * 1024
UPGRADE_COPIES_KEPT = 3
# What the doctor calls too little, too slow or too old.
CLOCK_AHEAD_S = 300
DISK_FREE_FAULT_MB = 100
DISK_FREE_WARNING_MB = 1_024
INODES_FREE_FAULT = 1_000
MEMORY_FREE_WARNING_MB = 256
PROCESSOR_MESSAGES_PER_S = 20_000  # one core, reading alone
SIP_MESSAGES_PER_CALL = 20
STEAL_WARNING = 0.10
OPEN_FILES_WARNING = 8_192
AUTHORITY_ALARM_BEFORE_DAYS = 365
BACKUP_AGE_WARNING_DAYS = 7
