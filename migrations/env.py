"""Alembic's entry: one connection, handed over by `app.kit.migrate` or made from DATABASE_URL."""

from __future__ import annotations

from typing import Any

from alembic import context
from sqlalchemy import Connection

from app.kit.config import get_settings
from app.kit.db import make_engine
from app.models import metadata


def include_name(name: str | None, kind: str, parent_names: Any) -> bool:
    """The queue's tables are Procrastinate's own; a migration of ours installs them, the comparison leaves them out."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))


def run(connection: Connection) -> None:
    """Migrate on one connection, one transaction a migration."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        compare_server_default=False,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    url = context.config.attributes.get("database_url") or get_settings().database_url
    if not url:
        raise SystemExit("Set DATABASE_URL, or use `viva migrate`, which knows the private PostgreSQL.")
    with make_engine(url, pool_size=1).connect() as own:
        run(own)
