"""Watermarks: small images drawn over other images."""

from __future__ import annotations

import logging
import os
from typing import Any

from holdfast.components.image_codec import from_array, opened, pillow
from holdfast.components.option_types import WatermarkOptions
from holdfast.components.to_json import type_of
from holdfast.files.rules import check_local, is_url

log = logging.getLogger(__name__)
MARGIN = 10
SHARE = 4
"""Inverse of the maximum share of the image's width and height that a watermark covers."""


def watermarked(value: Any, options: WatermarkOptions) -> Any:
    """Draw the watermark over the image that a handler returned.

    Args:
        value: A path, an array or a PIL image; URLs and SVG files stay unchanged, with a warning in the log.
        options: Watermark and its position.

    Returns:
        A PIL image, or `value` itself if it cannot be drawn on.
    """
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else ""
    if is_url(text) or text.startswith("data:") or text.lower().endswith(".svg"):
        log.warning(
            "No watermark was added to the image %s: only raster images on this server are supported.", text[:80]
        )
        return value
    if text:
        check_local(text)
    image = _loaded(value).convert("RGBA")
    mark = _loaded(options.watermark).convert("RGBA")
    mark.thumbnail((max(1, image.width // SHARE), max(1, image.height // SHARE)))
    layer = pillow().new("RGBA", image.size)
    layer.paste(mark, _corner(options.position, image.size, mark.size))
    return pillow().alpha_composite(image, layer).convert("RGB")


def _loaded(value: Any) -> Any:
    if isinstance(value, (str, os.PathLike)):
        return opened(os.fspath(value), os.fspath(value))
    if type_of(value, "PIL.Image", "Image"):
        return value
    if type_of(value, "numpy", "ndarray"):
        return from_array(value)
    raise ValueError(f"An image or a watermark must be a path, an array or a PIL image, but {type(value)} was given.")


def _corner(position: Any, size: tuple[int, int], mark: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(position, str):
        across, down = position
        return int(across), int(down)
    if position not in {"top-left", "top-right", "bottom-left", "bottom-right"}:
        raise ValueError(
            f"{position!r} is not a valid watermark position. Use 'top-left', 'top-right', 'bottom-left', "
            "'bottom-right' or a pair of pixels."
        )
    right, bottom = size[0] - mark[0] - MARGIN, size[1] - mark[1] - MARGIN
    return (max(0, right) if position.endswith("right") else MARGIN), (
        max(0, bottom) if position.startswith("bottom") else MARGIN
    )
