"""Image upload and display."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from typing_extensions import Unpack

from holdfast import limits
from holdfast.components import events
from holdfast.components.base import Component, ComponentOptions, one_of
from holdfast.components.image_codec import (
    DATA_URL,
    from_data_url,
    numpy,
    opened,
    picture_out,
    saved,
    upright,
)
from holdfast.components.option_types import WatermarkOptions, WebcamOptions
from holdfast.components.schemas import SAMPLE_IMAGE, image_schema, sample
from holdfast.components.watermark import watermarked
from holdfast.errors import BadValue
from holdfast.files.rules import FileData

SOURCES = ("upload", "webcam", "clipboard")
TYPES = ("numpy", "pil", "filepath")


class Image(Component):
    """Accepts an image from the visitor, or shows one.

    A handler gets a numpy array (height, width, 3), a PIL image or a path, or `None`. It returns any of those, or a
    URL.

    Args:
        value: Initial image, or a function that returns it.
        format: File format for arrays and PIL images: `"webp"`, `"png"`, `"jpeg"`, …
        height: Height in pixels or as a CSS length.
        width: Width in pixels or as a CSS length.
        image_mode: Pillow mode that the image is converted to for a handler, such as `"RGB"`, `"RGBA"` or `"L"`;
            `None` keeps the mode of the file.
        sources: Ways for the visitor to provide the image: `"upload"`, `"webcam"`, `"clipboard"`.
        type: Form in which a handler gets the image: `"numpy"`, `"pil"` or `"filepath"`.
        interactive: Whether the visitor can upload; by default yes, unless the component is only an output.
        streaming: Whether to send camera frames continuously, with `stream` events.
        webcam_options: Options for the camera.
        placeholder: Markdown shown while there is no image.
        watermark: A small image, or options with one, drawn over a shown image.
        alt_text: Text for screen readers.
        **options: See `ComponentOptions`.
    """

    NAME: ClassVar[str] = "image"
    FROM_CLIENT: ClassVar[bool] = True
    HAS_FILES: ClassVar[bool] = True
    FETCHES: ClassVar[bool] = True
    BUTTONS: ClassVar[Sequence[str] | None] = ("download", "share", "fullscreen")
    clear = events.CLEAR
    change = events.CHANGE
    stream = events.STREAM
    select = events.SELECT
    upload = events.UPLOAD
    input = events.INPUT

    def __init__(
        self,
        value: Any = None,
        *,
        format: str = "webp",
        height: int | str | None = None,
        width: int | str | None = None,
        image_mode: str | None = "RGB",
        sources: Sequence[str] | str | None = None,
        type: Literal["numpy", "pil", "filepath"] = "numpy",
        interactive: bool | None = None,
        streaming: bool = False,
        webcam_options: WebcamOptions | None = None,
        placeholder: str | None = None,
        watermark: Any = None,
        alt_text: str | None = None,
        **options: Unpack[ComponentOptions],
    ) -> None:
        if type not in TYPES:
            raise one_of("type", type, TYPES)
        chosen = list(SOURCES) if sources is None else [sources] if isinstance(sources, str) else list(sources)
        if not set(chosen) <= set(SOURCES):
            raise ValueError(f"`sources` must a list consisting of elements in {list(SOURCES)}")
        self.format = format
        self.height = height
        self.width = width
        self.image_mode = image_mode
        self.sources = chosen
        self.type = type
        self.interactive = interactive
        self.streaming = streaming
        self.webcam_options = webcam_options or WebcamOptions()
        self.placeholder = placeholder
        self.watermark = watermark if isinstance(watermark, WatermarkOptions) else WatermarkOptions(watermark)
        self.alt_text = alt_text
        super().__init__(value, **options)

    def props(self) -> dict[str, Any]:
        """Return the properties; the watermark is only named, since the server draws it."""
        mark = self.watermark.watermark
        shown = os.fspath(mark) if isinstance(mark, (str, os.PathLike)) else None
        return {
            **super().props(),
            "webcam_options": vars(self.webcam_options),
            "watermark": {"watermark": shown, "position": self.watermark.position},
            "streamable": False,
        }

    def preprocess(self, payload: Any) -> Any:
        """Return the image as an array, a PIL image or a path."""
        if payload is None:
            return None
        if not isinstance(payload, dict):
            raise self.bad('an image such as {"path": "...", "meta": {"_type": "gradio.FileData"}}', payload)
        path, url = payload.get("path"), payload.get("url")
        pixels = limits.applied().image_pixels
        if isinstance(path, str) and path:
            image = opened(self._existing(path), str(payload.get("orig_name") or Path(path).name), pixels=pixels)
        elif isinstance(url, str) and url.startswith(DATA_URL):
            image = opened(from_data_url(url), "in the URL", pixels=pixels)
        else:
            raise BadValue("Image path is None.")
        if self.type == "filepath":
            if path and self.image_mode in {None, image.mode}:
                return path
            return saved(self._in_mode(image), self.format)
        image = self._in_mode(upright(image))
        return image if self.type == "pil" else numpy().array(image)

    def _existing(self, path: str) -> str:
        if not Path(path).is_file():
            raise BadValue(f"{self.called}: the file {Path(path).name!r} no longer exists. Upload it again.")
        return path

    def _in_mode(self, image: Any) -> Any:
        if self.image_mode is None or image.mode == self.image_mode:
            return image
        converted = image.convert(self.image_mode)
        converted.format = image.format
        return converted

    def postprocess(self, value: Any) -> FileData | None:
        """Return the FileData of an array, a PIL image, a path or a URL."""
        if value is not None and self.watermark.watermark is not None:
            value = watermarked(value, self.watermark)
        return picture_out(value, self.format)

    def api_info(self) -> dict[str, Any]:
        return image_schema()

    def example_payload(self) -> FileData:
        return sample(SAMPLE_IMAGE)

    def example_value(self) -> str:
        return SAMPLE_IMAGE
