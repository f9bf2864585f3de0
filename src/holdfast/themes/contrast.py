"""Contrast of colors, according to WCAG 2."""

from __future__ import annotations

from collections.abc import Iterable

READABLE = 4.5
"""Minimum contrast between text and its background (WCAG AA)."""


def luminance(color: str) -> float:
    """Return the relative luminance of a `#rrggbb` or `#rgb` color, 0 to 1.

    Raises:
        ValueError: The color has another notation.
    """
    digits = color.strip().removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    if len(digits) != 6:
        raise ValueError(f"{color!r} is not a valid #rrggbb color.")
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(candidates: Iterable[str], behind: str) -> str:
    """Return the first color that is readable on a background, or else the last."""
    chosen = behind
    for chosen in candidates:
        try:
            if contrast(chosen, behind) >= READABLE:
                break
        except ValueError:
            break
    return chosen
