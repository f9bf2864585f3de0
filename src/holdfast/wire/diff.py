"""The generator diff: the changes between two JSON values as a list of small edits, in Gradio's sse_v3 format.

An edit is `[op, path, value]`. `append` adds a suffix to a string, `replace` sets a value, `add` inserts into a list or
sets a new key, `delete` removes. An empty path refers to the value itself (`replace` and `append` only). Edits are
applied in order; deletes in a list come last, and their index refers to the list at that point.
"""

from __future__ import annotations

from typing import Any

import orjson

from holdfast.wire.messages import Edit

CONTAINERS = (dict, list)


def diff(before: Any, after: Any) -> list[Edit]:
    """Return the edits that turn `before` into `after`; both are plain JSON values and are not modified.

    Returns:
        List of edits, which is empty if nothing changed.
    """
    if type(before) is str and type(after) is str:
        if before == after:
            return []
        if after.startswith(before):
            return [["append", [], after[len(before) :]]]
        return [["replace", [], after]]
    edits: list[Edit] = []
    _compare(before, after, [], edits)
    return edits


def _compare(before: Any, after: Any, path: list[Any], edits: list[Edit]) -> None:
    if type(before) is not type(after):
        edits.append(["replace", path, after])
    elif isinstance(after, str):
        if before != after:
            suffix = after.startswith(before)
            edits.append(["append", path, after[len(before) :]] if suffix else ["replace", path, after])
    elif isinstance(after, list):
        _compare_lists(before, after, path, edits)
    elif isinstance(after, dict):
        _compare_dicts(before, after, path, edits)
    elif before != after and not (before != before and after != after):  # noqa: PLR0124 - only NaN differs from itself
        edits.append(["replace", path, after])


def _compare_lists(before: list[Any], after: list[Any], path: list[Any], edits: list[Edit]) -> None:
    common = min(len(before), len(after))
    for index in range(common):
        old, new = before[index], after[index]
        if old is not new and not (isinstance(new, CONTAINERS) and _alike(old, new)):
            _compare(old, new, [*path, index], edits)
    edits.extend(["add", [*path, index], after[index]] for index in range(common, len(after)))
    edits.extend(["delete", [*path, common], None] for _ in range(common, len(before)))


def _alike(before: Any, after: Any) -> bool:
    """Return whether two list items are equal, compared in C, because most items of a conversation stay the same."""
    try:
        return orjson.dumps(before) == orjson.dumps(after)
    except TypeError:  # not plain JSON; compare it piece by piece
        return False


def _compare_dicts(before: dict[Any, Any], after: dict[Any, Any], path: list[Any], edits: list[Edit]) -> None:
    edits.extend(["delete", [*path, key], None] for key in before if key not in after)
    for key, new in after.items():
        if key in before:
            _compare(before[key], new, [*path, key], edits)
        else:
            edits.append(["add", [*path, key], new])


def apply(value: Any, edits: list[Edit]) -> Any:
    """Return `value` after `edits`; containers in `value` may be modified in place.

    Raises:
        ValueError: An edit is unknown, or does not fit the value.
    """
    for op, path, new in edits:
        if not path:
            value = _apply_to_root(value, op, new)
            continue
        holder = value
        for step in path[:-1]:
            holder = holder[step]
        last = path[-1]
        if op == "replace":
            holder[last] = new
        elif op == "append":
            holder[last] += new
        elif op == "add" and isinstance(holder, list):
            holder.insert(last, new)
        elif op == "add":
            holder[last] = new
        elif op == "delete":
            del holder[last]
        else:
            raise ValueError(f"{op!r} is not a valid edit; use append, replace, add or delete.")
    return value


def _apply_to_root(value: Any, op: str, new: Any) -> Any:
    if op == "replace":
        return new
    if op == "append":
        return value + new
    raise ValueError(f"The edit {op!r} has an empty path; only replace and append change a whole value.")
