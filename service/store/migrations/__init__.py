"""Alembic's scripts: how a database is brought from one revision to the next."""
