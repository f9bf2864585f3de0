"""Scales for themes: seven steps each, for text, spacing and corners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

STEPS = ("xxs", "xs", "sm", "md", "lg", "xl", "xxl")


class Size(NamedTuple):
    """Seven CSS lengths."""

    xxs: str
    xs: str
    sm: str
    md: str
    lg: str
    xl: str
    xxl: str
    name: str | None = None

    def steps(self) -> Iterator[tuple[str, str]]:
        """Return the name and length of each step."""
        return zip(STEPS, self[:7], strict=True)


radius_lg = Size("2px", "4px", "6px", "8px", "12px", "16px", "24px", "radius_lg")
radius_md = Size("1px", "2px", "4px", "6px", "8px", "12px", "22px", "radius_md")
radius_none = Size("0px", "0px", "0px", "0px", "0px", "0px", "0px", "radius_none")
radius_sm = Size("1px", "1px", "2px", "4px", "6px", "8px", "12px", "radius_sm")
radius_xxl = Size("6px", "8px", "10px", "20px", "24px", "28px", "32px", "radius_xxl")
spacing_lg = Size("2px", "4px", "6px", "8px", "10px", "14px", "28px", "spacing_lg")
spacing_md = Size("1px", "2px", "4px", "6px", "8px", "10px", "16px", "spacing_md")
spacing_sm = Size("1px", "1px", "2px", "4px", "6px", "9px", "12px", "spacing_sm")
text_lg = Size("10px", "12px", "14px", "16px", "20px", "24px", "28px", "text_lg")
text_md = Size("9px", "10px", "12px", "14px", "16px", "22px", "26px", "text_md")
text_sm = Size("8px", "9px", "11px", "13px", "16px", "20px", "24px", "text_sm")

SIZES = {size.name: size for size in (
    radius_lg, radius_md, radius_none, radius_sm, radius_xxl, spacing_lg, spacing_md, spacing_sm, text_lg,
    text_md, text_sm,
)}  # fmt: skip
"""All scales by name."""
