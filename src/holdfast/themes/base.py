"""Base class of themes, which maps Gradio's variables to the page's design tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import xxhash
from typing_extensions import Self

from holdfast.errors import did_you_mean
from holdfast.themes.colors import COLORS, Color
from holdfast.themes.contrast import readable
from holdfast.themes.fonts import Font
from holdfast.themes.sizes import SIZES, Size
from holdfast.themes.variables import VARIABLES

TOKENS: Mapping[str, str] = {
    "body_background_fill": "--bg",
    "block_background_fill": "--surface",
    "background_fill_primary": "--surface",
    "background_fill_secondary": "--surface-2",
    "panel_background_fill": "--surface-2",
    "border_color_primary": "--line",
    "block_border_color": "--line",
    "input_border_color": "--line-strong",
    "body_text_color": "--text",
    "body_text_color_subdued": "--text-2",
    "block_info_text_color": "--text-2",
    "input_placeholder_color": "--text-3",
    "color_accent": "--accent",
    "color_accent_soft": "--accent-soft",
    "link_text_color": "--accent-text",
    "button_primary_background_fill": "--accent",
    "button_primary_background_fill_hover": "--accent-hover",
    "button_primary_text_color": "--on-accent",
    "error_text_color": "--danger",
    "input_border_color_focus": "--ring",
    "slider_color": "--accent",
    "body_text_size": "--size",
    "prose_text_size": "--size-prose",
    "input_radius": "--radius-m",
    "button_large_radius": "--radius-m",
    "block_radius": "--radius-l",
    "block_shadow": "--shadow",
}
"""Frequently set variables, with the page's equivalent token."""

PAGE_COLORS: Mapping[str, tuple[str, str]] = {
    "--bg": ("#f7f8fa", "#0d0f13"),
    "--surface": ("#ffffff", "#15181e"),
    "--surface-2": ("#f2f4f7", "#1c2028"),
    "--line": ("#e1e5eb", "#272c36"),
    "--line-strong": ("#848d9b", "#697384"),
    "--text": ("#14181f", "#eceff4"),
    "--text-2": ("#4a5362", "#a9b3c2"),
    "--text-3": ("#667080", "#8b96a8"),
    "--accent": ("#2f54eb", "#5b7cff"),
    "--accent-hover": ("#2443c4", "#7591ff"),
    "--accent-soft": ("#eaefff", "#1b2444"),
    "--accent-text": ("#2444cc", "#9db2ff"),
    "--on-accent": ("#ffffff", "#0b1020"),
    "--danger": ("#c5283d", "#ff7a85"),
    "--ring": ("#2f54eb", "#8aa2ff"),
}
"""Light and dark colors of the page, used for the variant that a theme does not set."""
PARAMETERS = (
    "primary_hue", "secondary_hue", "neutral_hue", "text_size", "spacing_size", "radius_size", "font", "font_mono",
)  # fmt: skip
_REFERENCE = re.compile(r"\*([a-z0-9_]+)")


class Base:
    """A theme. Without arguments it has the page's default look.

    Args:
        primary_hue: Palette of buttons, links and focus, or its name.
        secondary_hue: Palette of `*secondary_…` references.
        neutral_hue: Palette of text, lines and surfaces.
        text_size: Scale of text.
        spacing_size: Scale of gaps.
        radius_size: Scale of corners.
        font: Font or fonts of text; the first available one is used.
        font_mono: Font or fonts of code.
    """

    NAME: ClassVar[str] = "base"
    HUES: ClassVar[tuple[str | None, str | None, str | None]] = (None, None, None)
    """Default primary, secondary and neutral palette; `None` for the page's colors."""
    SCALES: ClassVar[tuple[str | None, str | None, str | None]] = (None, None, None)
    """Default text, spacing and radius scale."""

    def __init__(
        self,
        *,
        primary_hue: Color | str | None = None,
        secondary_hue: Color | str | None = None,
        neutral_hue: Color | str | None = None,
        text_size: Size | str | None = None,
        spacing_size: Size | str | None = None,
        radius_size: Size | str | None = None,
        font: Font | str | Iterable[Font | str] | None = None,
        font_mono: Font | str | Iterable[Font | str] | None = None,
        **unknown: Any,
    ) -> None:
        if unknown:
            name = next(iter(unknown))
            hint = did_you_mean(name, PARAMETERS)
            raise TypeError(
                f"{type(self).__name__} has no parameter {name!r}.{hint} It takes: {', '.join(PARAMETERS)}. "
                "Set other variables with set()."
            )
        self.name = self.NAME
        primary, secondary, neutral = self.HUES
        text, spacing, radius = self.SCALES
        self.hues = {
            "primary": _color(primary_hue or primary),
            "secondary": _color(secondary_hue or secondary),
            "neutral": _color(neutral_hue or neutral),
        }
        self.scales = {
            "text": _size(text_size or text, "text"),
            "spacing": _size(spacing_size or spacing, "spacing"),
            "radius": _size(radius_size or radius, "radius"),
        }
        self.fonts = {"font": _fonts(font), "font_mono": _fonts(font_mono)}
        self.values: dict[str, str] = {}
        self.custom_css = ""

    def set(self, **variables: Any) -> Self:
        """Set variables, such as `button_primary_background_fill="*primary_500"`; `*name` refers to another.

        Args:
            **variables: Names as in Gradio; the suffix `_dark` sets a variable for the dark page only. `None` is
                ignored.

        Raises:
            TypeError: A variable does not exist.
        """
        for name, value in variables.items():
            if name != "custom_css" and name.removesuffix("_dark") not in VARIABLES:
                hint = did_you_mean(name, VARIABLES)
                raise TypeError(
                    f"A theme has no variable {name!r}.{hint} Their names are those of Gradio's themes, such as "
                    "body_background_fill or button_primary_background_fill."
                )
            if value is None:
                continue
            if name == "custom_css":
                self.custom_css = str(value)
                continue
            self.values[name] = str(value)
            setattr(self, name, str(value))
        return self

    @property
    def stylesheets(self) -> list[str]:
        """Stylesheets that load the theme's fonts."""
        found = [font.stylesheet() for fonts in self.fonts.values() for font in fonts]
        return [address for address in found if address is not None]

    # As CSS -----------------------------------------------------------------------------------------------------------

    def css(self) -> str:
        """Return the stylesheet: palettes and variables under Gradio's names, and derived page tokens."""
        lines = [f"{name}: {value};" for name, value in {**self._palettes(), **self._named(), **self._tokens()}.items()]
        if not lines and not self.custom_css:
            return ""
        body = "\n".join(f"    {line}" for line in lines)
        custom = f"\n{self.custom_css}\n" if self.custom_css else ""
        return f"@layer theme {{\n  :root {{\n{body}\n  }}{custom}\n}}\n"

    def digest(self) -> str:
        """Return a hash of the stylesheet."""
        return xxhash.xxh3_64_hexdigest(self.css().encode())

    def body_css(self) -> dict[str, str] | None:
        """Return the body's colors for pages that embed the app, or `None` for the page's defaults."""
        names = ("body_background_fill", "body_text_color", "body_background_fill_dark", "body_text_color_dark")
        found = {name: self._resolve(self.values[name]) for name in names if name in self.values}
        return found or None

    def _palettes(self) -> dict[str, str]:
        out: dict[str, str] = {}
        for name, color in self.hues.items():
            if color is not None:
                out |= {f"--{name}-{number}": shade for number, shade in color.shades()}
        for name, size in self.scales.items():
            if size is not None:
                out |= {f"--{name}-{step}": length for step, length in size.steps()}
        for name, fonts in self.fonts.items():
            if fonts:
                out[f"--{name.replace('_', '-')}"] = ", ".join(map(str, fonts))
        return out

    def _named(self) -> dict[str, str]:
        """Return the variables that were set, with light and dark values combined."""
        pairs = {**PAGE_COLORS, **self._hue_tokens()}
        out = {}
        for name in sorted({name.removesuffix("_dark") for name in self.values}):
            light, dark = self.values.get(name), self.values.get(f"{name}_dark")
            own = pairs.get(TOKENS.get(name, ""))
            if own is not None:
                light, dark = light or own[0], dark or own[1]
            out[_css_name(name)] = self._both(light, dark)
        return out

    def _both(self, light: str | None, dark: str | None) -> str:
        """Combine light and dark values; values that are not colors use the light one."""
        first = light if light is not None else dark or ""
        if light is None or dark is None or light == dark:
            return self._resolve(first)
        if _is_plain_color(light, self) and _is_plain_color(dark, self):
            return f"light-dark({self._resolve(light)}, {self._resolve(dark)})"
        return self._resolve(first)

    def _resolve(self, value: str) -> str:
        """Replace `*name` references in a value with CSS variables."""
        return _REFERENCE.sub(lambda found: f"var({_css_name(found[1])})", value)

    def _hue_tokens(self) -> dict[str, tuple[str, str]]:
        return {**_accent(self.hues["primary"]), **_neutrals(self.hues["neutral"])}

    def _tokens(self) -> dict[str, str]:
        tokens = {token: f"light-dark({light}, {dark})" for token, (light, dark) in self._hue_tokens().items()}
        tokens |= self._scale_tokens()
        for name, token in TOKENS.items():
            given = [self.values[n] for n in (name, f"{name}_dark") if n in self.values]
            if not given or (token in PAGE_COLORS and not all(_is_plain_color(value, self) for value in given)):
                continue  # gradients and shadows are not valid where the token is used as a color
            tokens[token] = f"var({_css_name(name)})"
        return tokens

    def _scale_tokens(self) -> dict[str, str]:
        out: dict[str, str] = {}
        radius, text = self.scales["radius"], self.scales["text"]
        if radius is not None:
            out |= {"--radius-s": radius.sm, "--radius-m": radius.lg, "--radius-l": radius.xl}
        if text is not None:
            out |= {"--size-sm": text.sm, "--size": text.md, "--size-md": text.lg}
        return out

    # As Gradio's files ------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return the variables that were set, for a file."""
        return {"theme": dict(self.values), "name": self.name}

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def _css_name(name: str) -> str:
    return "--" + name.replace("_", "-")


def _is_plain_color(value: str, theme: Base) -> bool:
    """Return whether a value is a color, as `light-dark()` requires, not a length or gradient."""
    reference = _REFERENCE.fullmatch(value.strip())
    if reference is not None:
        name = reference[1]
        if name.split("_", maxsplit=1)[0] in theme.hues:
            return True
        return name in theme.values and _is_plain_color(theme.values[name], theme)
    return bool(
        re.fullmatch(r"#[0-9a-fA-F]{3,8}|(?:rgb|hsl|oklch)a?\([^()]*\)|[a-z]+", value.strip())
    ) and value not in {
        "none",
        "unset",
        "initial",
    }


def _accent(color: Color | None) -> dict[str, tuple[str, str]]:
    """Return the accent tokens of a palette, each dark or light enough to be readable in its place."""
    if color is None:
        return {}
    on_dark = PAGE_COLORS["--on-accent"][1]
    light = readable((color.c600, color.c700, color.c800, color.c900), "#ffffff")
    dark = readable((color.c400, color.c300, color.c200), on_dark)
    return {
        "--accent": (light, dark),
        "--accent-hover": (_next(color, light, 1), _next(color, dark, -1)),
        "--accent-soft": (color.c100, color.c950),
        "--accent-text": (
            readable((color.c700, color.c800, color.c900, color.c950), color.c100),
            readable((color.c300, color.c200, color.c100), color.c950),
        ),
        "--on-accent": ("#ffffff", on_dark),
        "--ring": (light, dark),
    }


def _next(color: Color, shade: str, step: int) -> str:
    shades = color[:11]
    place = shades.index(shade) if shade in shades else 6
    return str(shades[min(max(place + step, 0), 10)])


def _neutrals(color: Color | None) -> dict[str, tuple[str, str]]:
    if color is None:
        return {}
    return {
        "--bg": (color.c50, color.c950),
        "--surface": ("#ffffff", color.c900),
        "--surface-2": (color.c100, color.c800),
        "--surface-3": (color.c200, color.c700),
        "--line": (color.c200, color.c800),
        "--line-strong": (color.c500, color.c500),
        "--text": (color.c900, color.c100),
        "--text-2": (color.c600, color.c300),
        "--text-3": (readable((color.c500, color.c600), color.c100), color.c400),
    }


def _color(given: Color | str | None) -> Color | None:
    if given is None or isinstance(given, Color):
        return given
    if given not in COLORS:
        raise ValueError(
            f"{given!r} is not a valid palette. Available palettes: {', '.join(str(name) for name in COLORS)}."
        )
    return COLORS[given]


def _size(given: Size | str | None, kind: str) -> Size | None:
    if given is None or isinstance(given, Size):
        return given
    name = given if given.startswith(kind) else f"{kind}_{given}"
    if name not in SIZES:
        there = ", ".join(str(n).removeprefix(f"{kind}_") for n in SIZES if str(n).startswith(kind))
        raise ValueError(f"{given!r} is not a valid scale for {kind}. Available scales: {there}.")
    return SIZES[name]


def _fonts(given: Font | str | Iterable[Font | str] | None) -> list[Font]:
    if given is None:
        return []
    listed = [given] if isinstance(given, (Font, str)) else list(given)
    return [font if isinstance(font, Font) else Font(font) for font in listed]
