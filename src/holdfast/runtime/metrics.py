"""What a running app counts (R10.3): numbers alone, no names and no values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from holdfast.runtime.runtime import Runtime


class Metric(NamedTuple):
    """One number."""

    name: str
    """In snake case; a counter's without the `_total` that Prometheus adds."""
    kind: Literal["counter", "gauge"]
    """A counter counts since the process began and never falls; a gauge is how it is now."""
    help: str
    value: float


def metrics(runtime: Runtime) -> list[Metric]:
    """All numbers of an app in this process, as they are now."""
    engine, sessions = runtime.engine, runtime.sessions
    stats, held, health = engine.stats, engine.held(), engine.health
    running = sum(len(session.jobs) for session in sessions.connected)
    return [
        Metric("sessions", "gauge", "Sessions in this process.", len(sessions)),
        Metric("sessions_open", "gauge", "Sessions that a page or client is connected to.", sessions.count_open),
        Metric("events", "gauge", "Events of open sessions that have not ended.", running),
        Metric("events_waiting", "gauge", "Events that wait for their turn.", runtime.queue.waiting),
        Metric("state_owners", "gauge", "Owners of State in memory.", held.owners),
        Metric("state_cells", "gauge", "Cells of State in memory.", held.cells),
        Metric("state_bytes", "gauge", "Bytes of State in memory, about.", held.bytes),
        Metric("state_commits", "counter", "Steps that changed State.", stats.commits),
        Metric(
            "state_lane_waits", "counter", "Events that waited for another that wrote the same State.", stats.lane_waits
        ),
        Metric("state_lane_wait_seconds", "counter", "Seconds of these waits.", stats.lane_wait_seconds),
        Metric("state_conflicts", "counter", "Steps refused because State was written beside them.", stats.conflicts),
        Metric(
            "state_evictions",
            "counter",
            "Sessions and owners that went because a bound was reached.",
            stats.evictions + sessions.evictions,
        ),
        Metric("state_expirations", "counter", "Cells and owners whose time was over.", stats.expirations),
        Metric("state_store_up", "gauge", "1 while the store can be reached.", int(health.ok)),
        Metric("state_unsaved_cells", "gauge", "Cells whose last commit is not in the store.", health.unsaved),
    ]
