"""Conversion of images between arrays, PIL images and files. Pillow and numpy are imported on first use."""

from __future__ import annotations

import base64
import binascii
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from holdfast.components.to_json import type_of
from holdfast.errors import BadValue
from holdfast.files.rules import FileData, check_local, file_data, is_url, save_bytes

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image as PILImage

EXTRA = 'Install it with `pip install "holdfast[data]"`.'
DATA_URL = "data:"


def pillow() -> Any:
    """Return the module `PIL.Image`.

    Raises:
        ImportError: Pillow is not installed; the message explains how to install it.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"Images need Pillow, which is not installed. {EXTRA}") from error
    return Image


def numpy() -> Any:
    """Return the module `numpy`.

    Raises:
        ImportError: numpy is not installed; the message explains how to install it.
    """
    try:
        import numpy as np
    except ImportError as error:
        raise ImportError(f"Arrays need numpy, which is not installed. {EXTRA}") from error
    return np


def opened(source: str | bytes, name: str, *, pixels: int | None = None) -> PILImage.Image:
    """Open the image in a file or in bytes; if it has several frames, the first.

    Args:
        source: A path, or the content of the file.
        name: Name of the image in messages.
        pixels: Maximum number of pixels of a visitor's image, checked against the file's header before decoding.

    Raises:
        BadValue: Pillow cannot read the image, or it is far too large.
    """
    pil = pillow()
    try:
        image: PILImage.Image = pil.open(io.BytesIO(source if isinstance(source, bytes) else Path(source).read_bytes()))
        if pixels is not None and image.width * image.height > pixels:
            raise _too_many(name, pixels)
        image.load()
    except pil.DecompressionBombError:
        raise _too_many(name, pixels) from None
    except (OSError, SyntaxError, ValueError):
        raise BadValue(
            f"The file {name} is not a readable image. Use PNG, JPEG, WebP, GIF or another raster format."
        ) from None
    return image


def _too_many(name: str, pixels: int | None) -> BadValue:
    most = "" if pixels is None else f" The maximum is {pixels:,}: send a smaller image."
    return BadValue(f"The image {name} has too many pixels to open.{most}")


def upright(image: PILImage.Image) -> PILImage.Image:
    """Return the image rotated according to its EXIF orientation."""
    from PIL import ImageOps

    turned = ImageOps.exif_transpose(image)
    turned.format = image.format
    return turned


def from_data_url(url: str) -> bytes:
    """Return the bytes in a `data:` URL.

    Raises:
        BadValue: The URL is not a valid `data:` URL, or its base64 is damaged.
    """
    head, comma, body = url.partition(",")
    if not head.startswith(DATA_URL) or not comma:
        raise BadValue("The image's URL is not a complete `data:` URL.")
    try:
        return base64.b64decode(body, validate=True) if head.endswith(";base64") else unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise BadValue("The base64 text in the image's `data:` URL is damaged.") from None


def saved(image: PILImage.Image, format: str) -> str:
    """Save an image in the cache.

    Args:
        image: Image to save.
        format: Format of the file, such as `"webp"`, `"png"` or `"jpeg"`.

    Returns:
        Path of the saved file.

    Raises:
        ValueError: The format is unknown, or does not support this kind of image.
    """
    buffer = io.BytesIO()
    name = {"jpg": "jpeg"}.get(format.lower(), format.lower())
    try:
        if name == "jpeg" and image.mode == "P":
            image = image.convert("RGB")
        image.save(buffer, format=name)
    except KeyError:
        raise ValueError(f"{format!r} is not a supported image format. Use webp, png, jpeg or gif.") from None
    except OSError as error:
        raise ValueError(
            f"An image of mode {image.mode} cannot be written as {format}: {error}. "
            "Convert it to RGB, or use another format such as webp or png."
        ) from error
    return save_bytes(buffer.getvalue(), f"image.{format}")


def from_array(array: np.ndarray[Any, Any]) -> PILImage.Image:
    """Create an image from an array: (height, width), with a third dimension of 3 for RGB or 4 for RGBA.

    Args:
        array: `uint8` or other integers from 0 to 255, floats from 0 to 1 (or -1 to 1), or booleans.

    Raises:
        ValueError: The array has another shape, or numbers out of range.
    """
    np = numpy()
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in {2, 3} or (array.ndim == 3 and array.shape[2] not in {3, 4}):
        raise ValueError(
            f"An array of shape {array.shape} is not a valid image. Use (height, width), (height, width, 3) for RGB or "
            "(height, width, 4) for RGBA."
        )
    image: PILImage.Image = pillow().fromarray(np.ascontiguousarray(_bytes_of(array)))
    return image


def _bytes_of(array: np.ndarray[Any, Any]) -> Any:
    np = numpy()
    kind = array.dtype.kind
    if kind == "f":
        if array.size and not (np.nanmin(array) >= -1 and np.nanmax(array) <= 1):
            raise ValueError("Images of type float must be between -1 and 1.")
        return np.round(np.clip(np.nan_to_num(array), 0, 1) * 255).astype(np.uint8)
    if kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if kind not in "iu":
        raise ValueError(
            f"An array of {array.dtype} is not a valid image. Use uint8 from 0 to 255, or floats from 0 to 1."
        )
    if array.dtype != np.uint8 and array.size and not (array.min() >= 0 and array.max() <= 255):
        raise ValueError(
            f"An image of {array.dtype} must contain numbers from 0 to 255, but they range from {array.min()} to "
            f"{array.max()}. Scale them first."
        )
    return array.astype(np.uint8)


def picture_out(value: Any, format: str) -> FileData | None:
    """Return the FileData of the image that a handler returned.

    Args:
        value: An array, a PIL image, a path, a URL, or `None`.
        format: File format for arrays and PIL images.

    Raises:
        ValueError: The value has another type.
    """
    if value is None or isinstance(value, FileData):
        return value
    if isinstance(value, (str, os.PathLike)):
        return _named(os.fspath(value))
    if type_of(value, "PIL.Image", "Image"):
        image = value
    elif type_of(value, "numpy", "ndarray"):
        image = from_array(value)
    else:
        raise ValueError(
            f"Cannot process this value as an Image, it is of type: {type(value)}. "
            "Return a path, a URL, a numpy array or a PIL image."
        )
    return FileData(path=saved(image, format), orig_name=f"image.{format}")


def _named(path: str) -> FileData:
    """Return the FileData of a path or URL; an SVG is sent as a `data:` URL, since browsers only download SVG files."""
    if path.startswith(DATA_URL):
        return FileData(url=path)
    if path.lower().endswith(".svg") and not is_url(path):
        check_local(path)
        try:
            text = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            raise FileNotFoundError(f"The image {path} cannot be read: {error}. Write it first.") from error
        return FileData(url=f"data:image/svg+xml,{quote(text)}", orig_name=Path(path).name)
    return file_data(path)
