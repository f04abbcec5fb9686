"""Alembic's way in: it runs on the connection, and inside the transaction, of central/store/migrate.py."""

from alembic import context

from central.store.tables import META

context.configure(connection=context.config.attributes["connection"], target_metadata=META, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
