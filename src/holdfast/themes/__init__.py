"""Themes with Gradio's names, based on the page's design tokens: `launch(theme=gr.themes.Soft(primary_hue="teal"))`."""

from __future__ import annotations

from holdfast.themes import colors, fonts, sizes
from holdfast.themes.base import Base
from holdfast.themes.base import Base as ThemeClass
from holdfast.themes.colors import Color
from holdfast.themes.fonts import Font, GoogleFont, LocalFont
from holdfast.themes.presets import Citrus, Default, Glass, Mario, Monochrome, Ocean, Origin, Soft, theme_of
from holdfast.themes.sizes import Size

__all__ = [
    "Base",
    "Citrus",
    "Color",
    "Default",
    "Font",
    "Glass",
    "GoogleFont",
    "LocalFont",
    "Mario",
    "Monochrome",
    "Ocean",
    "Origin",
    "Size",
    "Soft",
    "ThemeClass",
    "colors",
    "fonts",
    "sizes",
    "theme_of",
]
