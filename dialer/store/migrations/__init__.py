"""The steps that make and change the tables, run by Alembic. Each step is frozen once released."""
