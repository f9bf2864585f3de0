"""Gradio's predefined themes, as palettes and scales for Holdfast's page."""

from __future__ import annotations

from typing import Any, ClassVar

from holdfast.errors import BuildError
from holdfast.themes.base import Base

_Three = tuple[str | None, str | None, str | None]
GALLERY = "gradio/"
"""Prefix of a predefined theme's name when it is written with its owner."""


class Default(Base):
    """Default look of the page."""

    NAME = "default"


class Soft(Base):
    """Indigo, with soft grays."""

    NAME = "soft"
    HUES: ClassVar[_Three] = ("indigo", "indigo", "gray")


class Monochrome(Base):
    """Black and white, with square corners."""

    NAME = "monochrome"
    HUES: ClassVar[_Three] = ("neutral", "neutral", "neutral")
    SCALES: ClassVar[_Three] = (None, "lg", "none")


class Glass(Base):
    """Blue on slate, small and tight."""

    NAME = "glass"
    HUES: ClassVar[_Three] = ("blue", "slate", "slate")
    SCALES: ClassVar[_Three] = ("sm", "sm", "sm")


class Origin(Base):
    """Orange on gray."""

    NAME = "origin"
    HUES: ClassVar[_Three] = ("orange", "blue", "gray")


class Citrus(Base):
    """Amber on stone."""

    NAME = "citrus"
    HUES: ClassVar[_Three] = ("amber", "amber", "stone")


class Ocean(Base):
    """Emerald on zinc, with round corners."""

    NAME = "ocean"
    HUES: ClassVar[_Three] = ("emerald", "sky", "zinc")
    SCALES: ClassVar[_Three] = (None, None, "xxl")


class Mario(Base):
    """Orange on stone, with hard corners."""

    NAME = "mario"
    HUES: ClassVar[_Three] = ("orange", "green", "stone")
    SCALES: ClassVar[_Three] = (None, None, "sm")


PRESETS: dict[str, type[Base]] = {
    theme.NAME: theme for theme in (Base, Default, Soft, Monochrome, Glass, Origin, Citrus, Ocean, Mario)
}


def theme_of(given: Any) -> Any:
    """Return the theme for `launch(theme=…)`, given as a name or a theme.

    Raises:
        BuildError: The name is unknown, or the value is not a theme; themes are never downloaded.
    """
    if given is None or isinstance(given, Base):
        return given
    names = ", ".join(PRESETS)
    if isinstance(given, type) and issubclass(given, Base):
        raise BuildError(f"theme={given.__name__} is a class. Call it: theme={given.__name__}().")
    if not isinstance(given, str):
        raise BuildError(f"theme={given!r} is not a theme. Pass a theme, such as gr.themes.Soft(), or a name: {names}.")
    name = given.lower().removeprefix(GALLERY)
    if name not in PRESETS:
        raise BuildError(
            f"{given!r} is not a valid theme. Available themes: {names}. Or pass a theme, such as gr.themes.Soft()."
        )
    return PRESETS[name]()


def is_elsewhere(given: Any) -> bool:
    """Return whether a name refers to a published theme (`owner/theme`) that is not predefined."""
    return isinstance(given, str) and "/" in given and given.lower().removeprefix(GALLERY) not in PRESETS
