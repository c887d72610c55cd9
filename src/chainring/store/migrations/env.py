"""Alembic environment: runs on the connection that `chainring.store.migrations` hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
