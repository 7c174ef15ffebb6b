"""The device registry: which devices a user has, what they are, and whether they are there.

It stands in a database: an SQLite file by default, PostgreSQL by URL. Several processes may use one registry at
the same time. Every call is one transaction, and there is no call without a user: one user never sees or touches
another's devices.

Presence is kept true from two sides: ``set_presence`` is what a will or a list says, ``seen`` what a message
shows, and ``expire`` finds those that were not seen for too long.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Row, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from navien_proto.errors import StoreError, UsageError
from navien_sync.stores.places import state_directory
from navien_sync.stores.registry_tables import devices, open_engine, prepare, registry_url
from navien_sync.stores.registry_values import (
    LARGEST_PAGE,
    DevicePage,
    Presence,
    RegisteredDevice,
    check_id,
    check_metadata,
    check_text,
    check_user,
)

__all__ = ["DevicePage", "DeviceRegistry", "Presence", "RegisteredDevice", "UserDevices"]


class DeviceRegistry:
    """The registry in one database; :meth:`user` is the way in. Thread-safe.

    Args:
        where: the path of an SQLite file, or a URL: ``sqlite:///registry.db``,
            ``postgresql://user:password@host/database``. Left out: ``registry.db`` beside the stored tokens.

    Raises:
        UsageError: ``where`` is no place for a registry, or no place is known.
        StoreError: the database cannot be used.
    """

    def __init__(self, where: str | Path | None = None) -> None:
        if where is None:
            directory = state_directory()
            if directory is None:
                raise UsageError("the registry needs a path or a database URL: this user has no home")
            where = directory / "registry.db"
        self._url = registry_url(where)
        self._engine = open_engine(self._url)
        self._process = os.getpid()
        with _told():
            prepare(self._engine)

    def __repr__(self) -> str:
        return f"<DeviceRegistry in {self._url.get_backend_name()}>"

    def user(self, user_id: str) -> UserDevices:
        """The devices of one user, and of no other.

        Raises:
            UsageError: the id is empty, too long, or could leave its level of a topic.
        """
        return UserDevices(self, check_user(user_id))

    def check(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            StoreError: it cannot be used.
        """
        with self.transaction(reading=True) as connection:
            connection.execute(select(1)).scalar_one()

    def close(self) -> None:
        """Close what is open; a later call opens it again."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self, *, reading: bool = False) -> Iterator[Connection]:
        """One transaction; what raises inside leaves nothing behind.

        Raises:
            StoreError: the database cannot be used.
        """
        if self._process != os.getpid():
            # A connection of the parent process must not be used by two.
            self._engine.dispose(close=False)
            self._process = os.getpid()
        with _told(), self._engine.connect().execution_options(reading=reading) as connection, connection.begin():
            yield connection


class UserDevices:
    """One user's devices; from :meth:`DeviceRegistry.user`."""

    def __init__(self, registry: DeviceRegistry, user_id: str) -> None:
        self._registry = registry
        self._user = user_id

    def register(
        self,
        device_id: str,
        name: str,
        type: str = "",  # noqa: A002 (the field's own word)
        metadata: Mapping[str, Any] | None = None,
        *,
        now: datetime | None = None,
    ) -> RegisteredDevice:
        """Register a device, or describe a registered one anew; its presence and its first date stay.

        ``now`` is an aware time; the present when left out.

        Raises:
            UsageError: a text is empty, too long or not printable, or ``metadata`` is not what JSON can say.
            StoreError: the database cannot be used.
        """
        moment = _moment(now)
        values = {
            "user_id": self._user,
            "device_id": check_id(device_id),
            "name": check_text("device name", name),
            "type": check_text("device type", type, empty=True),
            "metadata": check_metadata({} if metadata is None else metadata),
            "presence": Presence.UNKNOWN.value,
            "registered": moment,
            "updated": moment,
        }
        described = {key: values[key] for key in ("name", "type", "metadata", "updated")}
        with self._registry.transaction() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            connection.execute(
                dialect.insert(devices)
                .values(values)
                .on_conflict_do_update(index_elements=["user_id", "device_id"], set_=described)
            )
            return self._read(connection, device_id)

    def get(self, device_id: str) -> RegisteredDevice:
        """One device.

        Raises:
            UsageError: this user has no such device.
            StoreError: the database cannot be used.
        """
        check_id(device_id)
        with self._registry.transaction(reading=True) as connection:
            return self._read(connection, device_id)

    def page(self, page: int = 1, page_size: int = 50) -> DevicePage:
        """A page of the devices, oldest registration first; a page past the end is empty.

        Raises:
            UsageError: ``page`` is below 1, or ``page_size`` not from 1 to 1000.
            StoreError: the database cannot be used.
        """
        if not _whole(page) or page < 1:
            raise UsageError(f"page must be a number from 1 on, not {page!r}")
        if not _whole(page_size) or not 1 <= page_size <= LARGEST_PAGE:
            raise UsageError(f"page_size must be a number from 1 to {LARGEST_PAGE}, not {page_size!r}")
        with self._registry.transaction(reading=True) as connection:
            total = connection.execute(select(func.count()).where(self._mine)).scalar_one()
            first = (page - 1) * page_size
            rows: Sequence[Row[Any]] = ()
            if first < total:
                query = select(devices).where(self._mine).order_by(devices.c.registered, devices.c.device_id)
                rows = connection.execute(query.limit(page_size).offset(first)).all()
        return DevicePage(tuple(map(_device, rows)), total, page, page_size)

    def set_presence(self, device_id: str, presence: Presence, *, now: datetime | None = None) -> RegisteredDevice:
        """Say whether a device is there; ``ONLINE`` counts as having seen it.

        Raises:
            UsageError: this user has no such device, or ``presence`` is no :class:`Presence`.
            StoreError: the database cannot be used.
        """
        if not isinstance(presence, Presence):
            raise UsageError(f"presence must be one of Presence.ONLINE, OFFLINE, UNKNOWN, not {presence!r}")
        moment = _moment(now)
        values: dict[str, Any] = {"presence": presence.value, "updated": moment}
        if presence is Presence.ONLINE:
            values["last_seen"] = moment
        with self._registry.transaction() as connection:
            connection.execute(update(devices).where(self._this(device_id)).values(values))
            return self._read(connection, device_id)

    def seen(self, device_id: str, at: datetime | None = None) -> bool:
        """A device was heard at ``at``: it is on line. An older moment than the one known changes nothing.

        Returns whether anything changed; an unknown device changes nothing.

        Raises:
            UsageError: the id is no text, or ``at`` has no zone.
            StoreError: the database cannot be used.
        """
        moment = _moment(at)
        newer = or_(devices.c.last_seen.is_(None), devices.c.last_seen < moment)
        values = {"presence": Presence.ONLINE.value, "last_seen": moment, "updated": moment}
        with self._registry.transaction() as connection:
            result = connection.execute(update(devices).where(self._this(device_id), newer).values(values))
            return bool(result.rowcount)

    def expire(self, before: datetime, *, now: datetime | None = None) -> tuple[str, ...]:
        """Take every device off line that was last seen before ``before``; returns their ids.

        Raises:
            UsageError: ``before`` has no zone.
            StoreError: the database cannot be used.
        """
        silent = and_(
            self._mine,
            devices.c.presence == Presence.ONLINE.value,
            or_(devices.c.last_seen.is_(None), devices.c.last_seen < _moment(before)),
        )
        with self._registry.transaction() as connection:
            gone = connection.execute(
                update(devices)
                .where(silent)
                .values(presence=Presence.OFFLINE.value, updated=_moment(now))
                .returning(devices.c.device_id)
            )
            return tuple(sorted(gone.scalars()))

    def unregister(self, device_id: str) -> bool:
        """Forget a device; false when this user has no such device.

        Raises:
            UsageError: the id is no text.
            StoreError: the database cannot be used.
        """
        with self._registry.transaction() as connection:
            return bool(connection.execute(delete(devices).where(self._this(device_id))).rowcount)

    def count(self, presence: Presence | None = None) -> int:
        """How many devices there are, or how many of that presence.

        Raises:
            StoreError: the database cannot be used.
        """
        query = select(func.count()).where(self._mine)
        if presence is not None:
            query = query.where(devices.c.presence == presence.value)
        with self._registry.transaction(reading=True) as connection:
            return connection.execute(query).scalar_one()

    @property
    def _mine(self) -> Any:
        return devices.c.user_id == self._user

    def _this(self, device_id: str) -> Any:
        return and_(self._mine, devices.c.device_id == check_id(device_id))

    def _read(self, connection: Connection, device_id: str) -> RegisteredDevice:
        row = connection.execute(select(devices).where(self._this(device_id))).one_or_none()
        if row is None:
            raise UsageError("this user has no such device; register it first")
        return _device(row)


def _device(row: Row[Any]) -> RegisteredDevice:
    return RegisteredDevice(
        id=row.device_id,
        name=row.name,
        type=row.type,
        presence=Presence(row.presence),
        metadata=row.metadata,
        registered=row.registered,
        updated=row.updated,
        last_seen=row.last_seen,
    )


def _moment(given: datetime | None) -> datetime:
    if given is None:
        return datetime.now(UTC)
    if given.tzinfo is None:
        raise UsageError(f"a moment must be a datetime with a zone, not {given!r}")
    return given


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


@contextmanager
def _told() -> Iterator[None]:
    """What the database says, as one sentence of ours: its own texts may quote names and hosts."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig)
        why = next((words for mark, words in _SAYINGS if mark in said), type(error.orig).__name__)
        raise StoreError(f"the registry's database {why}; nothing is half-written") from None
    except SQLAlchemyError as error:
        raise StoreError(f"the registry's database cannot be used ({type(error).__name__})") from None


# What the drivers say, and what it means to a person; the first that fits.
_SAYINGS = (
    ("authentication failed", "refused the user or the password"),
    ("does not exist", "does not exist, or the user may not use it"),
    ("permission denied", "does not let this user in"),
    ("database is locked", "is in use by another process, and stayed so"),
    ("lock timeout", "is in use by another process, and stayed so"),
    ("readonly", "is read-only"),
    ("read-only", "is read-only"),
    ("not a database", "is another kind of file"),
    ("unable to open", "cannot be opened: does its directory exist, and may this user write there?"),
    ("disk is full", "has no room left"),
    ("No space left", "has no room left"),
    ("malformed", "is damaged"),
    ("onnection", "cannot be reached, or the connection to it was lost"),
)
