"""The tables of the device registry, and how a database is opened for it.

SQLite is made safe for several processes: every transaction that writes takes the write lock when it begins, so
none finds half-way that it came too late, and each waits ``PATIENCE`` seconds for its turn.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Dialect,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator

from navien_proto.errors import StoreError, UsageError
from navien_sync.stores.registry_values import LONGEST_TEXT

__all__ = ["PATIENCE", "SCHEMA", "devices", "open_engine", "prepare", "registry_url"]

PATIENCE = 5.0
"""Seconds that a transaction waits for another process's."""
SCHEMA = 1
# Any number of ours: it keeps two processes from making the same tables at once.
PREPARING = 0x6E_61_76_69
SQLITE, POSTGRESQL = "sqlite", "postgresql"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time, also where the database knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == SQLITE else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Out of the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()
schemas = Table("navien_registry", metadata, Column("schema", Integer, primary_key=True, autoincrement=False))
devices = Table(
    "navien_devices",
    metadata,
    Column("user_id", String(LONGEST_TEXT), primary_key=True),
    Column("device_id", String(LONGEST_TEXT), primary_key=True),
    Column("name", String(LONGEST_TEXT), nullable=False),
    Column("type", String(LONGEST_TEXT), nullable=False),
    Column("presence", String(16), nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("registered", UtcDateTime, nullable=False),
    Column("updated", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime),
    Index("navien_devices_by_registration", "user_id", "registered", "device_id"),
)


def registry_url(where: str | Path) -> URL:
    """What ``where`` means: a database URL, or the path of an SQLite file.

    Raises:
        UsageError: neither, or a database that is neither SQLite nor PostgreSQL.
    """
    if isinstance(where, Path) or "://" not in where:
        if not str(where).strip():
            raise UsageError("the registry needs the path of a file, or a database URL")
        return URL.create(SQLITE, database=str(Path(where).expanduser()))
    try:
        url = make_url(where)
    except ArgumentError:
        raise UsageError(
            "the registry's URL is not one: sqlite:///file.db or postgresql://host/database"
        ) from None
    if url.get_backend_name() == POSTGRESQL and "+" not in url.drivername:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in (SQLITE, POSTGRESQL):
        raise UsageError(f"the registry's URL names {url.get_backend_name()}; it may be sqlite or postgresql")
    return url


def open_engine(url: URL) -> Engine:
    """An engine for the registry; nothing is connected yet.

    Raises:
        UsageError: the database's driver is not installed.
    """
    try:
        if url.get_backend_name() == SQLITE:
            engine = create_engine(
                url, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": PATIENCE}
            )
            event.listen(engine, "connect", _sqlite_connected)
            event.listen(engine, "begin", _sqlite_begins)
            return engine
        return create_engine(
            url,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_size=4,
            connect_args={
                "connect_timeout": int(PATIENCE),
                # A lock that another transaction holds is waited for as long as SQLite's.
                "options": f"-c lock_timeout={int(PATIENCE * 1000)} -c timezone=UTC",
            },
        )
    except ModuleNotFoundError as error:
        raise UsageError(f"the registry's database needs {error.name}: pip install 'navien[postgres]'") from None


def prepare(engine: Engine) -> None:
    """Make the tables where there are none, and the file of an SQLite database readable by its owner alone.

    Raises:
        StoreError: the database was written by a newer version.
        SQLAlchemyError: the database cannot be used.
    """
    database = engine.url.database
    named = database and database != ":memory:" and "uri" not in engine.url.query
    if engine.url.get_backend_name() == SQLITE and database and named:
        _private(Path(database))
    with engine.begin() as connection:
        if engine.dialect.name == POSTGRESQL:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PREPARING})
        if not inspect(connection).has_table(schemas.name):
            metadata.create_all(connection)
            connection.execute(insert(schemas).values(schema=SCHEMA))
        found = connection.execute(select(schemas.c.schema)).scalar_one_or_none()
    if found != SCHEMA:
        raise StoreError(f"the registry has schema {found}; this version of navien reads schema {SCHEMA}")


def _private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        raise StoreError(f"the registry's file cannot be made: {error.strerror}") from None


def _sqlite_connected(connection: Any, _: object) -> None:
    # The driver must not begin transactions by itself: see _sqlite_begins.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys=ON")


def _sqlite_begins(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
