"""Alembic's entry: runs the steps on the connection that `dialer.store.migrate` hands over. Never run by hand."""

from alembic import context

from dialer.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
