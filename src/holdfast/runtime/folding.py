"""What of a feed's unread messages still matters: the latest of each kind per event, with nothing lost that acts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from msgspec.structs import replace

from holdfast.wire.messages import (
    Completed,
    Estimation,
    Failure,
    FeedMessage,
    Generating,
    Log,
    Output,
    Progress,
    StateChanged,
    Streaming,
)

Item: TypeAlias = "tuple[int, FeedMessage, int]"
"""Number, message, weight."""

LOST_WEIGHT = 100
LOST = "The result was dropped because nobody collected it while newer ones came. Run it again."
MOST_LOGS = 100
"""Toasts that are kept; nobody reads more of them at once."""
LATEST = (Estimation, Progress, Generating, Streaming)
"""Of these only the last of each event matters."""


def fold(items: Sequence[Item], full: Mapping[str, tuple[list[Any], int]], limit: int) -> list[Item]:
    """Fewer messages that bring a reader to the same place.

    Args:
        items: The unread messages, oldest first.
        full: The whole values of each event that is still generating, and their size.
        limit: Bytes over which the oldest results are given up.

    Returns:
        The messages that stay, under their numbers. State changes of dropped steps are reported by the message that
        stands for them.
    """
    keep: list[Item] = []
    seen: set[tuple[str, type]] = set()
    ended: set[str | None] = set()
    changes: dict[str | None, dict[int, None]] = _changes(items)
    logs = 0
    for n, message, weight in reversed(items):
        event_id = message.event_id
        if isinstance(message, Completed):
            ended.add(event_id)
            keep.append((n, _with_changes(message, changes.get(event_id)), weight))
        elif isinstance(message, StateChanged):
            if ("", StateChanged) not in seen:
                seen.add(("", StateChanged))
                keep.append((n, StateChanged(ids=list(changes[None])), weight))
        elif isinstance(message, LATEST):
            key = (event_id or "", type(message))
            if event_id not in ended and key not in seen:
                seen.add(key)
                keep.append(_standing_for(n, message, weight, full, changes.get(event_id)))
        elif not isinstance(message, Log):
            keep.append((n, message, weight))
        elif logs < MOST_LOGS:
            logs += 1
            keep.append((n, message, weight))
    keep.reverse()
    return _within(keep, limit)


def _changes(items: Sequence[Item]) -> dict[str | None, dict[int, None]]:
    """Ids of the States that changed, in order, by event; under `None` those of no event."""
    found: dict[str | None, dict[int, None]] = {}
    for _, message, _ in items:
        if isinstance(message, StateChanged):
            found.setdefault(None, {}).update(dict.fromkeys(message.ids))
        elif isinstance(message, Generating | Streaming | Completed) and isinstance(message.output, Output):
            found.setdefault(message.event_id, {}).update(dict.fromkeys(message.output.changed_state_ids))
    return found


def _with_changes(message: Completed, changes: dict[int, None] | None) -> Completed:
    if not changes or not isinstance(message.output, Output):
        return message
    return replace(message, output=replace(message.output, changed_state_ids=list(changes)))


def _standing_for(
    n: int,
    message: FeedMessage,
    weight: int,
    full: Mapping[str, tuple[list[Any], int]],
    changes: dict[int, None] | None,
) -> Item:
    """An event's last message of a kind, in place of all of that kind."""
    if isinstance(message, Generating):
        data, size = full.get(message.event_id, (message.output.data, weight))
        output = replace(message.output, data=data, changed_state_ids=list(changes or ()))
        return n, replace(message, output=output, full=True), size
    if isinstance(message, Streaming):
        return n, replace(message, output=replace(message.output, changed_state_ids=list(changes or ()))), weight
    return n, message, weight


def _within(items: list[Item], limit: int) -> list[Item]:
    """The same messages, with the oldest results among them given up so that the newest fit into `limit` bytes."""
    if sum(weight for _, _, weight in items) <= limit:
        return items
    kept: list[Item] = []
    size = 0
    for n, message, weight in reversed(items):
        size += weight
        if size > limit and kept and weight > LOST_WEIGHT and isinstance(message, Completed):
            lost = Completed(event_id=message.event_id, output=Failure(error=LOST), success=False, title="Error")
            kept.append((n, lost, LOST_WEIGHT))
            size += LOST_WEIGHT - weight
        else:
            kept.append((n, message, weight))
    kept.reverse()
    return kept
