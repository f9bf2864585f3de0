"""Encoding of numpy, pandas, polars, PIL, and torch values, without importing an unused library."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from holdfast.state.codec.errors import DecodeError, EncodeError
from holdfast.state.codec.rebuild import tag

Parts = tuple[Any, ...]


def foreign_rule(kind: type) -> Callable[[Any], Parts] | None:
    """Return the function that takes values of a type apart; `None` for types of other packages."""
    for base in kind.__mro__[:-1]:
        family = base.__module__.partition(".")[0]
        rule = _RULES.get((family, base.__qualname__))
        if rule is not None:
            if base is not kind and family != "PIL" and not kind.__module__.startswith(family):
                raise EncodeError(f"an object of {kind.__qualname__}, a subclass of {family}'s, cannot be stored")
            return rule
    return None


# numpy


def _array(value: Any) -> Parts:
    if value.dtype.hasobject:
        return numpy_objects, (value.shape, value.ravel().tolist())
    from numpy.lib.format import dtype_to_descr

    return numpy_array, (dtype_to_descr(value.dtype), value.shape, value.tobytes())


def _scalar(value: Any) -> Parts:
    import numpy as np

    return numpy_scalar, (np.asarray(value),)


def _dtype(value: Any) -> Parts:
    from numpy.lib.format import dtype_to_descr

    return numpy_dtype, (dtype_to_descr(value),)


@tag
def numpy_array(descr: Any, shape: tuple[int, ...], data: bytes) -> Any:
    """Rebuild an array of numbers, strings, dates, or records."""
    import numpy as np
    from numpy.lib.format import descr_to_dtype

    return np.frombuffer(data, dtype=descr_to_dtype(descr)).reshape(shape).copy()


@tag
def numpy_objects(shape: tuple[int, ...], items: list[Any]) -> Any:
    """Rebuild an array of Python objects."""
    import numpy as np

    made = np.empty(len(items), dtype=object)
    made[:] = items
    return made.reshape(shape)


@tag
def numpy_scalar(holder: Any) -> Any:
    """Rebuild a single number."""
    return holder[()]


@tag
def numpy_dtype(descr: Any) -> Any:
    """Rebuild an element type."""
    from numpy.lib.format import descr_to_dtype

    return descr_to_dtype(descr)


# pandas


def _frame(value: Any) -> Parts:
    columns = [_column(value.iloc[:, i].array) for i in range(value.shape[1])]
    return pandas_frame, (value.columns, value.index, columns, dict(value.attrs))


def _series(value: Any) -> Parts:
    return pandas_series, (value.index, _column(value.array), value.name, dict(value.attrs))


def _index(value: Any) -> Parts:
    kind = type(value).__name__
    if kind == "RangeIndex":
        return pandas_range, (value.start, value.stop, value.step, value.name)
    if kind == "MultiIndex":
        return pandas_multi, (list(value.levels), [list(map(int, codes)) for codes in value.codes], list(value.names))
    return pandas_index, (_column(value.array), value.name)


def _column(value: Any) -> tuple[Any, ...]:
    """Rebuild a column from its kind, type, and data."""
    name = str(value.dtype)
    if name == "category":
        return ("category", value.categories, value.codes.copy(), bool(value.ordered))
    if hasattr(value, "_ndarray") and hasattr(value.dtype, "kind") and not isinstance(value.dtype, _string_dtype()):
        if value.dtype.kind in "mM":
            return ("times", name, value._ndarray.view("i8").copy())
        return ("array", name, value.to_numpy())
    return ("objects", name, [None if _missing(item) else item for item in value.tolist()])


def _string_dtype() -> type:
    import pandas as pd

    return pd.StringDtype


def _missing(item: Any) -> bool:
    import pandas as pd

    return item is None or item is pd.NA or (isinstance(item, float) and item != item)  # noqa: PLR0124 # NaN


def _made_column(parts: tuple[Any, ...]) -> Any:
    import pandas as pd

    match parts:
        case ("category", categories, codes, ordered):
            return pd.Categorical.from_codes(codes, categories=categories, ordered=ordered)
        case ("times", name, data):
            if name.startswith("datetime64[") and "," in name:
                unit, zone = name[len("datetime64[") : -1].split(", ")
                return pd.DatetimeIndex(data.view(f"M8[{unit}]")).tz_localize("UTC").tz_convert(zone).array
            return pd.array(data.view(name), dtype=name)
        case ("array", name, data):
            return data if data.dtype.hasobject else data.astype(name, copy=False)
        case ("objects", name, items):
            return pd.array(items, dtype=_extension_dtype(name))
    raise DecodeError("a column of a data frame is damaged")


def _extension_dtype(name: str) -> Any:
    import pandas as pd

    return pd.StringDtype(na_value=float("nan")) if name == "str" else pd.api.types.pandas_dtype(name)


@tag
def pandas_frame(columns: Any, index: Any, parts: list[Any], attrs: dict[Any, Any]) -> Any:
    """Rebuild a data frame."""
    import pandas as pd

    made = pd.DataFrame({i: pd.Series(_made_column(part), index=index) for i, part in enumerate(parts)}, index=index)
    made.columns = columns
    made.attrs.update(attrs)
    return made


@tag
def pandas_series(index: Any, part: tuple[Any, ...], name: Any, attrs: dict[Any, Any]) -> Any:
    """Rebuild a series."""
    import pandas as pd

    made = pd.Series(_made_column(part), index=index, name=name)
    made.attrs.update(attrs)
    return made


@tag
def pandas_range(start: int, stop: int, step: int, name: Any) -> Any:
    """Rebuild a range index."""
    import pandas as pd

    return pd.RangeIndex(start, stop, step, name=name)


@tag
def pandas_multi(levels: list[Any], codes: list[list[int]], names: list[Any]) -> Any:
    """Rebuild an index of several levels."""
    import pandas as pd

    return pd.MultiIndex(levels=levels, codes=codes, names=names)


@tag
def pandas_index(part: tuple[Any, ...], name: Any) -> Any:
    """Rebuild an index."""
    import pandas as pd

    return pd.Index(_made_column(part), name=name)


def _timestamp(value: Any) -> Parts:
    return pandas_timestamp, (value.value, value.unit, None if value.tz is None else str(value.tz))


@tag
def pandas_timestamp(nanoseconds: int, unit: str, zone: str | None) -> Any:
    """Rebuild a timestamp."""
    import pandas as pd

    made = pd.Timestamp(nanoseconds).as_unit(unit)
    return made if zone is None else made.tz_localize("UTC").tz_convert(zone)


# polars


def _polars(value: Any) -> Parts:
    buffer = io.BytesIO()
    is_series = not hasattr(value, "write_ipc")
    (value.to_frame() if is_series else value).write_ipc(buffer)
    return polars_frame, (buffer.getvalue(), is_series)


@tag
def polars_frame(data: bytes, is_series: bool) -> Any:
    """Rebuild a frame or series of polars, from Arrow's own format."""
    import polars as pl

    made = pl.read_ipc(io.BytesIO(data))
    return made.to_series() if is_series else made


# PIL


def _image(value: Any) -> Parts:
    info = {k: v for k, v in value.info.items() if isinstance(v, (int, float, str, bytes, tuple))}
    palette = value.getpalette("RGBA") if value.mode in {"P", "PA"} else None
    return pil_image, (value.mode, value.size, value.tobytes(), None if palette is None else bytes(palette), info)


@tag
def pil_image(mode: str, size: tuple[int, int], data: bytes, palette: bytes | None, info: dict[str, Any]) -> Any:
    """Rebuild an image."""
    from PIL import Image

    made = Image.frombytes(mode, size, data)
    if palette is not None:
        made.putpalette(palette, "RGBA")
    made.info.update(info)
    return made


# torch


def _tensor(value: Any) -> Parts:
    if value.is_sparse or value.grad_fn is not None:
        raise EncodeError("a tensor that is sparse or part of a computation cannot be stored; detach() it")
    array = value.detach().cpu()
    if str(array.dtype) == "torch.bfloat16":
        return torch_tensor, (array.float().numpy(), "bfloat16", bool(value.requires_grad))
    return torch_tensor, (array.numpy(), str(array.dtype).removeprefix("torch."), bool(value.requires_grad))


@tag
def torch_tensor(array: Any, dtype: str, requires_grad: bool) -> Any:
    """Rebuild a tensor, on the CPU."""
    import torch  # type: ignore[import-not-found, unused-ignore]

    return torch.from_numpy(array).to(getattr(torch, dtype)).requires_grad_(requires_grad)


_RULES: dict[tuple[str, str], Callable[[Any], Parts]] = {
    ("numpy", "ndarray"): _array,
    ("numpy", "generic"): _scalar,
    ("numpy", "dtype"): _dtype,
    ("pandas", "DataFrame"): _frame,
    ("pandas", "Series"): _series,
    ("pandas", "Index"): _index,
    ("pandas", "Timestamp"): _timestamp,
    ("polars", "DataFrame"): _polars,
    ("polars", "Series"): _polars,
    ("PIL", "Image"): _image,
    ("torch", "Tensor"): _tensor,
}
