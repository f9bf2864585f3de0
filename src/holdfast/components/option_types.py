"""Records that are passed to components as a single option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass
class InputHTMLAttributes:
    """Attributes of the `<input>` or `<textarea>` of a text field, as HTML defines them."""

    autocapitalize: Literal["off", "none", "on", "sentences", "words", "characters"] | None = None
    autocorrect: Literal["on", "off"] | None = None
    spellcheck: bool | None = None
    autocomplete: str | None = None
    tabindex: int | None = None
    enterkeyhint: Literal["enter", "done", "go", "next", "previous", "search", "send"] | None = None
    lang: str | None = None


@dataclass
class WatermarkOptions:
    """Small image drawn over a shown image.

    Args:
        watermark: Path or URL of the image, an array, or a PIL image.
        position: A corner, or the (x, y) position of the watermark's upper left corner in pixels.
    """

    watermark: Any = None
    position: tuple[int, int] | Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "bottom-right"


@dataclass
class WebcamOptions:
    """Options for a camera.

    Args:
        mirror: Whether the picture is mirrored.
        constraints: Constraints of the browser's `getUserMedia`, by `video` and `audio`.
    """

    mirror: bool = True
    constraints: dict[str, Any] | None = None
