"""Equality of numpy, pandas, polars, PIL, and torch values by their data, without importing an unused library."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

Same = Callable[[Any, Any], bool]


def foreign_same(left: Any, right: Any, same: Same) -> bool | None:
    """Return whether two values of the same type have the same data; `None` for other types.

    Args:
        left: The first value.
        right: The second value, of the same type.
        same: Compares the Python objects in an array.
    """
    compare = _find(type(left))
    if compare is _numpy and left.dtype.hasobject and right.dtype.hasobject:
        return bool(left.shape == right.shape) and same(left.tolist(), right.tolist())
    return None if compare is None else compare(left, right)


def _find(kind: type) -> Same | None:
    for base in kind.__mro__:
        found = _KNOWN.get((base.__module__.partition(".")[0], base.__qualname__))
        if found is not None:
            return found
    return None


def _numpy(left: Any, right: Any) -> bool:
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    return bytes_equal(left, right)


def bytes_equal(left: Any, right: Any) -> bool:
    """Return whether two arrays of the same shape and type hold the same bytes."""
    import numpy as np

    mine, theirs = np.ascontiguousarray(left), np.ascontiguousarray(right)
    return bool(np.array_equal(mine.reshape(-1).view(np.uint8), theirs.reshape(-1).view(np.uint8)))


def _pandas(left: Any, right: Any) -> bool:
    return bool(left.equals(right)) and _pandas_labels(left) == _pandas_labels(right)


def _pandas_labels(value: Any) -> list[Any]:
    """Return what `equals` ignores: names, and the types of the columns."""
    if hasattr(value, "columns"):
        kinds = [str(kind) for kind in value.dtypes]
        return [list(value.columns), kinds, list(value.index.names), list(value.columns.names), value.attrs]
    if hasattr(value, "index"):
        return [value.name, str(value.dtype), list(value.index.names)]
    return list(value.names)


def _polars(left: Any, right: Any) -> bool:
    if hasattr(left, "schema"):
        return left.schema == right.schema and bool(left.equals(right, null_equal=True))
    return (
        left.dtype == right.dtype
        and left.name == right.name
        and bool(left.equals(right, check_dtypes=True, check_names=True, null_equal=True))
    )


def _pil(left: Any, right: Any) -> bool:
    return (
        left.mode == right.mode
        and left.size == right.size
        and left.getpalette() == right.getpalette()
        and bool(left.tobytes() == right.tobytes())
    )


def _torch(left: Any, right: Any) -> bool:
    torch = sys.modules["torch"]
    if left.dtype != right.dtype or left.shape != right.shape or left.requires_grad != right.requires_grad:
        return False
    return bool(torch.equal(left, right)) or bool(torch.allclose(left, right, rtol=0, atol=0, equal_nan=True))


_KNOWN: dict[tuple[str, str], Same] = {
    ("numpy", "ndarray"): _numpy,
    ("pandas", "DataFrame"): _pandas,
    ("pandas", "Series"): _pandas,
    ("pandas", "Index"): _pandas,
    ("polars", "DataFrame"): _polars,
    ("polars", "Series"): _polars,
    ("PIL", "Image"): _pil,
    ("torch", "Tensor"): _torch,
}
