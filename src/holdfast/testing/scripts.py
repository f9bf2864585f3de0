"""Replacements for a listener's `js`, because tests run no JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from holdfast.errors import StateError
from holdfast.testing.equal import same

Script = Callable[..., Any]
_CONSTANT = re.compile(r"\s*\(\)\s*=>\s*(\[.*\])\s*;?\s*", re.DOTALL)
"""Pattern of a script that only returns constants, such as a `ClearButton`'s."""


class ScriptError(StateError):
    """A listener needs JavaScript, and the test does not replace it."""


class Scripts:
    """The scripts of an app: scripts that only return constants, and Python functions that replace the others.

    Args:
        given: Python functions by the source of the script that each replaces.
    """

    def __init__(self, given: Mapping[str, Script]) -> None:
        self._given = dict(given)

    def run(self, source: str, values: Sequence[Any], *, name: str) -> Any:
        """Return the result of a script for these values; `None` if it returns nothing.

        Args:
            source: Source of the script.
            values: Values of the listener's inputs and outputs.
            name: Name of the listener, for the error.

        Raises:
            ScriptError: The script needs JavaScript, and nothing replaces it.
        """
        given = self._given.get(source)
        if given is not None:
            return given(*values)
        found = _CONSTANT.fullmatch(source)
        try:
            return json.loads(found[1] if found else "")
        except ValueError:
            raise ScriptError(
                f"The listener {name!r} runs JavaScript (js={source!r}), which a test without a browser cannot run. "
                f"Give a Python function in its place: testing.open(demo, scripts={{{source!r}: function}})."
            ) from None


def slots(result: Any, wanted: int, before: list[Any]) -> list[Any]:
    """Return a script's result as a list with one item per slot; `before` if it returned nothing."""
    if result is None or wanted == 0:
        return before
    many = isinstance(result, list)
    if wanted == 1:
        return result if many and len(result) == 1 else [result]
    return result if many else [result]


def passed_on(results: list[Any], given: Sequence[Any]) -> list[Any]:
    """Convert a script's results for outputs: a value that the script received stays a value, never an update."""
    if not any(map(is_update, results)):
        return results
    known = [found for value in given for found in _updates_in(value)]
    return [
        {"__type__": "update", "value": result} if any(same(one, result) for one in known) else result
        for result in results
    ]


def is_update(given: Any) -> bool:
    """Return whether a value from the server or a script changes properties."""
    return isinstance(given, dict) and given.get("__type__") == "update"


def _updates_in(value: Any) -> list[Any]:
    if not isinstance(value, (dict, list)):
        return []
    inside = value.values() if isinstance(value, dict) else value
    return [*([value] if is_update(value) else []), *(found for item in inside for found in _updates_in(item))]
