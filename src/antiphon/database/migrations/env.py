"""Alembic's environment: runs on the connection that `antiphon.database.migrate` opened, inside its transaction."""

from __future__ import annotations

from alembic import context

from antiphon.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
