"""What a device registry does, whatever database it stands in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from navien_proto.errors import UsageError
from navien_sync.stores.registry import DevicePage, DeviceRegistry, Presence, RegisteredDevice, UserDevices

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GARBAGE = ["", "x" * 256, "nul\0", "line\nbreak", "\ud800", 7, None]


class RegistrySuite:
    """Derive, and give the fixture ``place``: a path or a URL of an empty database."""

    @pytest.fixture
    def registry(self, place: str) -> Iterator[DeviceRegistry]:
        with DeviceRegistry(place) as registry:
            yield registry

    @pytest.fixture
    def alice(self, registry: DeviceRegistry) -> UserDevices:
        return registry.user("alice")

    def test_a_device_is_described_as_it_was_registered(self, alice: UserDevices) -> None:
        metadata = {"zone": "cellar", "litres": 246, "tags": ["heat pump", None, 1.5], "ünï": {"deep": True}}
        device = alice.register("tank", "Tank", "water heater", metadata, now=NOON)
        assert device == RegisteredDevice(
            id="tank",
            name="Tank",
            type="water heater",
            presence=Presence.UNKNOWN,
            metadata=metadata,
            registered=NOON,
            updated=NOON,
        )
        assert alice.get("tank") == device

    def test_registering_again_describes_anew_and_keeps_the_rest(self, alice: UserDevices) -> None:
        alice.register("tank", "Tank", "water heater", {"zone": "cellar"}, now=NOON)
        alice.set_presence("tank", Presence.ONLINE, now=NOON + MINUTE)
        device = alice.register("tank", "Boiler", now=NOON + 2 * MINUTE)
        assert (device.name, device.type, device.metadata) == ("Boiler", "", {})
        assert (device.presence, device.last_seen) == (Presence.ONLINE, NOON + MINUTE)
        assert (device.registered, device.updated) == (NOON, NOON + 2 * MINUTE)
        assert alice.count() == 1

    def test_one_user_never_sees_or_touches_anothers_devices(
        self, registry: DeviceRegistry, alice: UserDevices
    ) -> None:
        mallory = registry.user("mallory")
        mine = alice.register("tank", "Tank", now=NOON)
        assert mallory.page() == DevicePage((), 0, 1, 50)
        assert mallory.count() == 0
        assert not mallory.unregister("tank")
        assert not mallory.seen("tank", NOON + MINUTE)
        assert mallory.expire(NOON + MINUTE) == ()
        with pytest.raises(UsageError, match="no such device"):
            mallory.get("tank")
        with pytest.raises(UsageError, match="no such device"):
            mallory.set_presence("tank", Presence.OFFLINE)
        mallory.register("tank", "Other", now=NOON)
        assert alice.get("tank") == mine
        assert mallory.unregister("tank")
        assert alice.get("tank") == mine

    @pytest.mark.parametrize("user", [*GARBAGE, "../alice", "a/b", "+", "#", "$SYS"])
    def test_a_user_id_that_climbs_out_of_its_level_is_refused(self, registry: DeviceRegistry, user: Any) -> None:
        with pytest.raises(UsageError, match="user id"):
            registry.user(user)

    @pytest.mark.parametrize("garbage", GARBAGE)
    def test_an_id_that_is_none_is_refused_everywhere(self, alice: UserDevices, garbage: Any) -> None:
        calls: list[Callable[[], object]] = [
            lambda: alice.register(garbage, "Tank"),
            lambda: alice.get(garbage),
            lambda: alice.set_presence(garbage, Presence.ONLINE),
            lambda: alice.seen(garbage),
            lambda: alice.unregister(garbage),
        ]
        for call in calls:
            with pytest.raises(UsageError, match="device id"):
                call()
        assert alice.count() == 0

    @pytest.mark.parametrize(
        ("metadata", "said"),
        [
            (["a"], "a mapping"),
            ({1: "a"}, "text for its keys"),
            ({"a": float("nan")}, "JSON"),
            ({"a": object()}, "JSON"),
            ({"a": "\ud800"}, "JSON"),
            ({"a": "nul\0"}, "NUL"),
            ({"a": "x" * 70_000}, "65536 are allowed"),
        ],
    )
    def test_metadata_that_no_database_keeps_is_refused(
        self, alice: UserDevices, metadata: Any, said: str
    ) -> None:
        with pytest.raises(UsageError, match=said):
            alice.register("tank", "Tank", metadata=metadata)
        assert alice.count() == 0

    def test_pages_follow_the_registration(self, alice: UserDevices) -> None:
        for number in range(7):
            alice.register(f"tank {number}", f"Tank {number}", now=NOON + number * MINUTE)
        first, last, beyond = alice.page(1, 3), alice.page(3, 3), alice.page(4, 3)
        assert [device.id for device in first.devices] == ["tank 0", "tank 1", "tank 2"]
        assert [device.id for device in last.devices] == ["tank 6"]
        assert beyond.devices == ()
        assert {page.total for page in (first, last, beyond)} == {7}
        assert first.pages == 3

    @pytest.mark.parametrize(("page", "size"), [(0, 10), (-1, 10), (1, 0), (1, 1001), (True, 10), (1.5, 10)])
    def test_a_page_that_is_none_is_refused(self, alice: UserDevices, page: Any, size: Any) -> None:
        with pytest.raises(UsageError, match="page"):
            alice.page(page, size)

    def test_presence_follows_what_was_seen_and_what_was_not(self, alice: UserDevices) -> None:
        alice.register("tank", "Tank", now=NOON)
        alice.register("other", "Other", now=NOON)
        assert alice.seen("tank", NOON + 5 * MINUTE)
        assert alice.seen("other", NOON + MINUTE)
        assert not alice.seen("tank", NOON + 4 * MINUTE), "an older message shows nothing new"
        assert not alice.seen("tank", NOON + 5 * MINUTE)
        assert not alice.seen("nobody", NOON)
        assert alice.count(Presence.ONLINE) == 2
        assert alice.expire(NOON + 2 * MINUTE, now=NOON + 6 * MINUTE) == ("other",)
        assert alice.expire(NOON + 2 * MINUTE) == ()
        assert alice.get("other").presence is Presence.OFFLINE
        assert alice.get("tank").last_seen == NOON + 5 * MINUTE
        will = alice.set_presence("tank", Presence.OFFLINE, now=NOON + 7 * MINUTE)
        assert (will.presence, will.last_seen) == (Presence.OFFLINE, NOON + 5 * MINUTE)

    def test_a_moment_keeps_its_instant_in_any_zone(self, alice: UserDevices) -> None:
        alice.register("tank", "Tank", now=NOON.astimezone(timezone(timedelta(hours=-8))))
        assert alice.get("tank").registered == NOON
        assert alice.get("tank").registered.tzinfo is UTC

    def test_a_moment_without_a_zone_and_a_presence_that_is_none_are_refused(self, alice: UserDevices) -> None:
        alice.register("tank", "Tank")
        naive = NOON.replace(tzinfo=None)
        for call in (lambda: alice.seen("tank", naive), lambda: alice.expire(naive)):
            with pytest.raises(UsageError, match="zone"):
                call()
        with pytest.raises(UsageError, match="Presence"):
            alice.set_presence("tank", 1)  # type: ignore[arg-type]

    def test_what_is_unregistered_is_gone(self, alice: UserDevices) -> None:
        alice.register("tank", "Tank")
        assert alice.unregister("tank")
        assert not alice.unregister("tank")
        with pytest.raises(UsageError, match="no such device"):
            alice.get("tank")

    def test_what_raises_inside_a_transaction_leaves_nothing(
        self, registry: DeviceRegistry, alice: UserDevices
    ) -> None:
        alice.register("tank", "Tank")

        def change_your_mind() -> None:
            with registry.transaction() as connection:
                connection.exec_driver_sql("DELETE FROM navien_devices")
                raise UsageError("no")

        with pytest.raises(UsageError, match="no"):
            change_your_mind()
        assert alice.count() == 1

    def test_threads_write_at_the_same_time(self, registry: DeviceRegistry, alice: UserDevices) -> None:
        failures: list[Exception] = []

        def write(name: str) -> None:
            try:
                for number in range(10):
                    alice.register(f"{name}{number}", name)
                    alice.register("shared", name)
            except Exception as error:  # noqa: BLE001 (told below)
                failures.append(error)

        threads = [threading.Thread(target=write, args=(name,)) for name in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert alice.count() == 31
        registry.check()
