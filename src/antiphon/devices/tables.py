"""The tables of stations, accounts, claim codes, certificates, desired and reported states."""

from __future__ import annotations

import sqlalchemy as sa

from antiphon.database import UtcTime, binary_text, explain, tenant_table

device_rows = tenant_table(
    "devices",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("place_id", sa.String(40), sa.ForeignKey("places.id"), nullable=False, index=True),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("sort_key", binary_text(120), nullable=False),
    sa.Column("spot", sa.String(120), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("online", sa.Boolean, nullable=False),
    sa.Column("since", UtcTime, nullable=True),
    sa.Column("model", sa.String(64), nullable=True),
    sa.Column("software", sa.String(64), nullable=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, server_default="station"),
    sa.Index("ix_devices_sorted", "company_id", "kind", "sort_key", "id"),
    sa.Index("ix_devices_status", "company_id", "kind", "status", "sort_key", "id"),
    sa.Index("ix_devices_online", "company_id", "kind", "online", "sort_key", "id"),
    sa.Index("ix_devices_counted", "company_id", "kind", "place_id", "status", "online"),
)
# Digest accounts of other makers' stations. The SIP edge reads them through the view `sip_accounts`.
account_rows = tenant_table(
    "accounts",
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("number", sa.String(16), nullable=False, unique=True),  # the SIP user
    sa.Column("realm", sa.String(120), nullable=False),
    sa.Column("ha1", sa.String(64), nullable=False),  # RFC 2617 3.2.2.2; the password itself is stored nowhere
    sa.Column("early_video", sa.Boolean, nullable=False),
    sa.Column("opens_doors", sa.Boolean, nullable=False),
)
claim_codes = tenant_table(
    "claim_codes",
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), nullable=False, index=True),
    sa.Column("code_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("used_at", UtcTime, nullable=True),
    sa.Column("used_serial", sa.String(40), nullable=True),
)
certificates = tenant_table(
    "certificates",
    sa.Column("serial", sa.String(40), primary_key=True),  # lower-case hex without leading zeros
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), nullable=False, index=True),
    sa.Column("key_fingerprint", sa.String(64), nullable=False),
    sa.Column("chain_pem", sa.Text, nullable=False),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("not_after", UtcTime, nullable=False),
    sa.Column("revoked_at", UtcTime, nullable=True, index=True),
    sa.Column("reason", sa.String(32), nullable=True),
    sa.Column("enforced_at", UtcTime, nullable=True),  # when every engine had forgotten it
)
desired_states = tenant_table(
    "desired_states",
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("published_version", sa.Integer, nullable=False),
)
reported_states = tenant_table(
    "reported_states",
    sa.Column("device_id", sa.String(40), sa.ForeignKey("devices.id"), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("error", sa.String(500), nullable=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Index("ix_reported_states_failed", "company_id", "error", "device_id"),
)
explain(
    device_rows,
    "Stations, and accounts of other makers' stations.",
    place_id="The site or folder it is in; rights at this place or above it hold here.",
    spot="Where exactly, in words.",
    status="unclaimed, claimed or revoked.",
    online="Whether it is connected.",
    since="When it came online or went offline; null: it never was online.",
    model="What it says it is.",
    software="The version it says it runs.",
    kind="station (of this platform, with a certificate) or account (of another maker, with a password).",
)
explain(
    account_rows,
    "SIP accounts of other makers' stations. The SIP edge reads them through the view `sip_accounts`.",
    number="The SIP user; one in the whole installation.",
    realm="The realm of the digest.",
    ha1="RFC 2617 3.2.2.2; the password itself is stored nowhere.",
    early_video="Whether it sends its picture before the answer.",
    opens_doors="Whether digits pressed there open doors.",
)
explain(
    claim_codes,
    "Codes by which a station is claimed, each used once.",
    code_hash="Keyed SHA-256 of the code, which is shown once.",
    used_at="When it was used; null: not yet.",
    used_serial="The certificate that was issued for it.",
)
explain(
    certificates,
    "Certificates issued to stations.",
    serial="Lower-case hex without leading zeros.",
    key_fingerprint="SHA-256 of the public key.",
    chain_pem="The certificate and its issuer.",
    issued_at="When it was issued.",
    not_after="When it runs out.",
    revoked_at="When it was revoked; null: never.",
    reason="Why it was revoked.",
    enforced_at="When every engine had forgotten it.",
)
explain(
    desired_states,
    "What each station should be like.",
    version="Counts its changes.",
    document="JSON of the station contract.",
    changed_at="When it was changed last.",
    published_version="The version that the broker was given last.",
)
explain(
    reported_states,
    "What each station said it is like.",
    version="The desired version it took over.",
    error="Why it could not take it over, in its own words; null: it could.",
    document="JSON of the station contract.",
    at="When it said so.",
)
