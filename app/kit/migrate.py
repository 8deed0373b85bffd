"""Migrations: Alembic to the newest revision, one process at a time."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.kit.config import ROOT
from app.kit.db import make_engine
from app.kit.errors import OperatorError
from app.kit.locks import Lock


def alembic_config() -> Config:
    """Alembic's configuration, as pyproject.toml has it."""
    return Config(toml_file=str(ROOT / "pyproject.toml"))


def upgrade(database_url: str) -> None:
    """Bring the database to the newest revision; others that start at the same moment wait.

    Raises:
        OperatorError: the database cannot be reached, or was made by a newer Viva.
    """
    config = alembic_config()
    engine = make_engine(database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
            # Building an index may take longer than a request ever may.
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": Lock.MIGRATE})
            connection.commit()
            current = MigrationContext.configure(connection).get_current_revision()
            connection.commit()
            if current is not None and current not in known:
                raise OperatorError(
                    "The database was made by a newer version of Viva: start that version, or restore a backup."
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": Lock.MIGRATE})
            connection.commit()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "no answer"
        raise OperatorError(f"The database cannot be reached: start it, or correct DATABASE_URL ({reason}).") from None
    finally:
        engine.dispose()


def pending(database_url: str) -> list[str]:
    """Revisions that the database still lacks, oldest first."""
    script = ScriptDirectory.from_config(alembic_config())
    engine = make_engine(database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return [revision.revision for revision in script.iterate_revisions("heads", current)][::-1]


def newest_revision() -> str:
    """The revision that this version of Viva works with."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head
