"""Location of the part of a value that cannot be encoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from holdfast.state.values.atoms import BY_REFERENCE
from holdfast.state.values.equality import attributes

_DEEPEST = 40


def path_to_culprit(value: Any, encodable: Callable[[Any], bool], name: str) -> str:
    """Return the path to the smallest part that cannot be encoded, such as `session['messages'][3].lock`.

    Args:
        value: A value that cannot be encoded.
        encodable: Returns whether a part can be encoded.
        name: Name of the value, with which the path begins.
    """
    for _ in range(_DEEPEST):
        for step, part in _parts(value):
            if not encodable(part):
                name, value = name + step, part
                break
        else:
            break
    return name


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BY_REFERENCE):
        return
    if isinstance(value, dict):
        for key, part in value.items():
            yield f"[{key!r}]", part
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield f"[{index}]", part
    elif isinstance(value, (set, frozenset)):
        for part in value:
            yield "{…}", part
    for attribute, part in attributes(value).items():
        yield f".{attribute}", part
