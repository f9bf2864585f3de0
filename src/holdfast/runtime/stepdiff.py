"""Encode the steps of a generator as edits of the previous step."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.wire.diff import diff
from holdfast.wire.encode import thaw


class StepDiff:
    """Remembers an event's last step so that only the changes of the next one are sent."""

    __slots__ = ("_plain", "_sent")

    def __init__(self) -> None:
        self._sent: list[Any] | None = None
        self._plain: dict[int, Any] = {}
        """Decoded containers of the last step, by output, to avoid decoding them again for the comparison."""

    def next(self, data: list[Any], weight: int) -> tuple[list[Any], int]:
        """Return the data to send for a step, and its size.

        Args:
            data: The step's frozen values.
            weight: Size of the values in bytes.

        Returns:
            The values themselves for the first step; for others, one list of edits per output.
        """
        before, self._sent = self._sent, data
        if before is None:
            return data, weight
        edits = [self._edits(i, old, new) for i, (old, new) in enumerate(zip(before, data, strict=True))]
        return edits, min(weight, sum(_weight(edit) for each in edits for edit in each))

    def _edits(self, index: int, before: Any, after: Any) -> list[Any]:
        if not isinstance(after, msgspec.Raw):
            plain = self._plain.pop(index, None) if isinstance(before, msgspec.Raw) else None
            return diff(thaw(before) if isinstance(before, msgspec.Raw) and plain is None else plain or before, after)
        if isinstance(before, msgspec.Raw):
            if memoryview(before) == memoryview(after):
                return []
            before = self._plain.get(index) if index in self._plain else thaw(before)
        plain = self._plain[index] = thaw(after)
        return diff(before, plain)


def _weight(edit: list[Any]) -> int:
    value = edit[2]
    size = len(value) if isinstance(value, str | list | dict) else 8
    return 20 + size + 8 * len(edit[1])
