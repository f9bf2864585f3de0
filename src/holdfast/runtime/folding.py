"""Reduce a feed's unread messages to those that still matter, without losing any that have an effect."""

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
"""Number, message, and weight."""

LOST_WEIGHT = 100
LOST = "The result was dropped because it was not collected before newer results arrived. Run the event again."
MOST_LOGS = 100
"""Maximum number of toasts to keep; a visitor cannot read more at once."""
LATEST = (Estimation, Progress, Generating, Streaming)
"""Message types of which only the last one of each event matters."""


def fold(items: Sequence[Item], full: Mapping[str, tuple[list[Any], int]], limit: int) -> list[Item]:
    """Return fewer messages that bring a reader to the same state.

    Args:
            items: Unread messages, oldest first.
            full: Full values, and their size, of each event that is still generating.
            limit: Size in bytes beyond which the oldest results are dropped.

        Returns:
            The remaining messages with their original numbers. State changes reported by dropped steps are added to the
            message that replaces those steps.
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
    """Return the IDs of changed States by event, in order. Changes without an event are under `None`."""
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
    """Return an event's last message of a type, to replace all of its messages of that type."""
    if isinstance(message, Generating):
        data, size = full.get(message.event_id, (message.output.data, weight))
        output = replace(message.output, data=data, changed_state_ids=list(changes or ()))
        return n, replace(message, output=output, full=True), size
    if isinstance(message, Streaming):
        return n, replace(message, output=replace(message.output, changed_state_ids=list(changes or ()))), weight
    return n, message, weight


def _within(items: list[Item], limit: int) -> list[Item]:
    """Replace the oldest results with errors until the messages fit into `limit` bytes."""
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
