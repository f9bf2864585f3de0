"""Gradio's ready-made themes by name: their palettes and scales on our page."""

from __future__ import annotations

from typing import Any, ClassVar

from holdfast.errors import BuildError
from holdfast.themes.base import Base

_Three = tuple[str | None, str | None, str | None]
GALLERY = "gradio/"
"""Before a ready-made theme's name where it is written as its owner's."""


class Default(Base):
    """The page's own look."""

    NAME = "default"


class Soft(Base):
    """Indigo, with soft greys."""

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
    """Orange on grey."""

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
    """The theme that `launch(theme=…)` was given: a name stands for one, a theme is taken as it is.

    Raises:
        BuildError: No theme has that name, or it is no theme; themes are not fetched from anywhere.
    """
    if given is None or isinstance(given, Base):
        return given
    names = ", ".join(PRESETS)
    if isinstance(given, type) and issubclass(given, Base):
        raise BuildError(f"theme={given.__name__} is a class. Call it: theme={given.__name__}().")
    if not isinstance(given, str):
        raise BuildError(f"theme={given!r} is no theme. Give a theme, such as gr.themes.Soft(), or a name: {names}.")
    name = given.lower().removeprefix(GALLERY)
    if name not in PRESETS:
        raise BuildError(
            f"There is no theme {given!r}. There are: {names}. Or give a theme object, such as gr.themes.Soft()."
        )
    return PRESETS[name]()


def is_elsewhere(given: Any) -> bool:
    """Whether it names a theme that somebody published (`owner/theme`), and none of ours."""
    return isinstance(given, str) and "/" in given and given.lower().removeprefix(GALLERY) not in PRESETS
