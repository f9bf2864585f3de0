"""Conversion of Python values to plain JSON data."""

from __future__ import annotations

import sys
from typing import Any

import orjson

from holdfast import exact
from holdfast.wire.encode import encode_value

OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME


def plain(value: Any) -> Any:
    """Return a copy of `value` made of dicts, lists, strings, numbers, booleans and `None`.

    Arrays become lists, NaN becomes `None`, anything else that JSON does not support becomes its `str`.

    Raises:
        TypeError: The value contains itself, or a key that JSON does not support.
    """
    try:
        encoded = orjson.dumps(value, default=_fallback, option=OPTIONS)
    except TypeError as error:
        if "64-bit" not in str(error):
            raise
        encoded = encode_value(value)
    return exact.loads(encoded)


def _fallback(value: Any) -> Any:
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
        return value.tolist()
    return str(value)


def type_of(value: Any, module: str, *names: str) -> bool:
    """Return whether `value` is an instance of one of these classes of an optional library.

    The library is never imported: if it is not loaded, the value cannot come from it.
    """
    loaded = sys.modules.get(module)
    classes = tuple(found for name in names if isinstance(found := getattr(loaded, name, None), type))
    return bool(classes) and isinstance(value, classes)
