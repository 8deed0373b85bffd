"""The database: engine, session per request, column types."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from sqlalchemy import DateTime, Engine, MetaData, Table, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.kit.errors import OperatorError


class Base(DeclarativeBase):
    """Base of all models. Constraint names follow one pattern so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dt.datetime: DateTime(timezone=True),
        uuid.UUID: PG_UUID(as_uuid=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: JSONB,
    }


def table_of(model: type[Base]) -> Table:
    """The table behind a model, for statements that are written once and go past the mapper."""
    return cast(Table, model.__table__)


def normalise_url(url: str) -> str:
    """`postgres://` and `postgresql://` become SQLAlchemy's name for psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith("postgresql+psycopg://"):
        raise OperatorError("DATABASE_URL must begin with postgresql://, as Viva stores its data in PostgreSQL only.")
    return url


def libpq_url(url: str) -> str:
    """The same database in the form that psycopg and the queue take."""
    return "postgresql://" + normalise_url(url).removeprefix("postgresql+psycopg://")


def make_engine(url: str, pool_size: int = 5) -> Engine:
    """An engine whose connections speak UTC and survive a restart of the server."""
    return create_engine(
        normalise_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        # What candidates write goes through here, and errors go into logs.
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=15000 -c lock_timeout=10000",
            "application_name": "viva",
        },
    )


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after the commit (responses are built from them)."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(url: str) -> Iterator[Session]:
    """One transaction on an engine of its own: for commands, which need no pool.

    Raises:
        OperatorError: the database cannot be reached.
    """
    engine = make_engine(url, pool_size=1)
    try:
        with make_sessions(engine).begin() as session:
            try:
                session.execute(text("SELECT 1"))
            except OperationalError as error:
                raise OperatorError(
                    "The database cannot be reached: start it, or correct DATABASE_URL "
                    f"({str(error.orig).strip().splitlines()[0] if error.orig else 'no answer'})."
                ) from None
            yield session
    finally:
        engine.dispose()
