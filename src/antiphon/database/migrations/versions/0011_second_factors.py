"""Second factors with their recovery codes, passkeys, and the challenges of a sign-in that were answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from antiphon.database.row_security import raise_wall
from antiphon.database.tables import UtcTime

revision = "0011_second_factors"
down_revision = "0010_mails"
branch_labels = None
depends_on = None
lost_on_the_way_back = "Second factors and passkeys are gone: everybody signs in with the password alone."


def _company() -> sa.Column[str]:
    return sa.Column("company_id", sa.String(40), sa.ForeignKey("companies.id"), nullable=False, index=True)


def _user(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "user_id",
        sa.String(40),
        sa.ForeignKey("users.id"),
        nullable=False,
        primary_key=primary_key,
        index=not primary_key,
    )


def upgrade() -> None:
    op.create_table(
        "second_factors",
        _company(),
        _user(primary_key=True),
        sa.Column("secret_sealed", sa.String(200), nullable=False),
        sa.Column("begun_at", UtcTime, nullable=False),
        sa.Column("confirmed_at", UtcTime, nullable=True),
        sa.Column("last_period", sa.BigInteger, nullable=False),
        sa.Column("wrong_codes", sa.Integer, nullable=False),
        sa.Column("wrong_at", UtcTime, nullable=True),
    )
    op.create_table(
        "recovery_codes",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        _user(),
        sa.Column("code_hash", sa.String(64), nullable=False),
    )
    op.create_table(
        "used_challenges",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("expires_at", UtcTime, nullable=False, index=True),
    )
    op.create_table(
        "passkeys",
        _company(),
        sa.Column("id", sa.String(40), primary_key=True),
        _user(),
        sa.Column("credential_id", sa.String(1400), nullable=False, unique=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("rp_id", sa.String(253), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("last_used_at", UtcTime, nullable=True),
    )
    raise_wall(op.get_bind())


def downgrade() -> None:
    for table in ("passkeys", "used_challenges", "recovery_codes", "second_factors"):
        op.drop_table(table)
