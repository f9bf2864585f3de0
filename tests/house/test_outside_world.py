"""The environment, the clock and chance come in at one place each."""

from __future__ import annotations

from tests.house.source import modules, place, uses


def readers(names: set[str], *, allowed: set[str]) -> list[str]:
    """Where a module that is not `allowed` uses one of `names`."""
    return [
        f"{place(file, line)} uses {name}"
        for module, file in modules().items()
        if module not in allowed
        for name, line in uses(file)
        if name in names
    ]


def test_only_settings_reads_the_environment() -> None:
    assert readers({"os.environ", "os.getenv", "os.environb"}, allowed={"holdfast.settings"}) == []


def test_only_the_clock_module_asks_for_the_time() -> None:
    asked = {"time.time", "time.monotonic", "time.perf_counter", "datetime.now", "datetime.utcnow", "date.today"}
    assert readers(asked, allowed={"holdfast.clock"}) == []


def test_only_the_ids_module_throws_dice() -> None:
    dice = {"secrets.token_hex", "secrets.token_urlsafe", "secrets.token_bytes", "uuid.uuid4", "os.urandom"}
    assert readers(dice, allowed={"holdfast.ids"}) == []
