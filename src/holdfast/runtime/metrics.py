"""Numbers that a running app counts (R10.3), without names or values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from holdfast.runtime.runtime import Runtime


class Metric(NamedTuple):
    """A number with its name and description."""

    name: str
    """Name in snake case, without the suffix `_total` that Prometheus adds to a counter's name."""
    kind: Literal["counter", "gauge"]
    """A counter only grows, starting at zero with the process. A gauge is a current value."""
    help: str
    value: float


def metrics(runtime: Runtime) -> list[Metric]:
    """Return the current metrics of an app in this process."""
    engine, sessions = runtime.engine, runtime.sessions
    stats, held, health = engine.stats, engine.held(), engine.health
    running = sum(len(session.jobs) for session in sessions.connected)
    return [
        Metric("sessions", "gauge", "Sessions in this process.", len(sessions)),
        Metric("sessions_open", "gauge", "Sessions that a page or client is connected to.", sessions.count_open),
        Metric("events", "gauge", "Events of open sessions that have not ended.", running),
        Metric("events_waiting", "gauge", "Events that wait to run.", runtime.queue.waiting),
        Metric("state_owners", "gauge", "Owners of State in memory.", held.owners),
        Metric("state_cells", "gauge", "Cells of State in memory.", held.cells),
        Metric("state_bytes", "gauge", "Approximate size of State in memory, in bytes.", held.bytes),
        Metric("state_commits", "counter", "Steps that changed State.", stats.commits),
        Metric(
            "state_lane_waits",
            "counter",
            "Events that waited for another event to write the same State.",
            stats.lane_waits,
        ),
        Metric(
            "state_lane_wait_seconds", "counter", "Total duration of these waits in seconds.", stats.lane_wait_seconds
        ),
        Metric("state_conflicts", "counter", "Steps rejected because their State changed meanwhile.", stats.conflicts),
        Metric(
            "state_evictions",
            "counter",
            "Sessions and owners dropped because a limit was reached.",
            stats.evictions + sessions.evictions,
        ),
        Metric("state_expirations", "counter", "Cells and owners that expired.", stats.expirations),
        Metric("state_store_up", "gauge", "1 while the store is reachable.", int(health.ok)),
        Metric("state_unsaved_cells", "gauge", "Cells whose last commit is not in the store.", health.unsaved),
    ]
