"""Fonts for themes. Nothing is downloaded unless a theme uses a `GoogleFont`."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote_plus


class Font:
    """A font installed on the visitor's machine.

    Args:
        name: Name of the font.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        generic = self.name in {"sans-serif", "serif", "monospace", "cursive", "fantasy", "system-ui"}
        return self.name if generic or self.name.startswith("ui-") else f"'{self.name}'"

    def stylesheet(self) -> str | None:
        """Return the URL of the stylesheet that loads the font, or `None` if it is not loaded."""
        return None


class LocalFont(Font):
    """A font that the app serves or that is installed on the visitor's machine.

    Args:
        name: Name of the font.
        weights: Weights to use.
    """

    def __init__(self, name: str, weights: Iterable[int] = (400, 700)) -> None:
        super().__init__(name)
        self.weights = tuple(weights)


class GoogleFont(Font):
    """A font that the visitor's browser loads from Google Fonts.

    Args:
        name: Name of the font at Google Fonts.
        weights: Weights to load.
    """

    def __init__(self, name: str, weights: Iterable[int] = (400, 600)) -> None:
        super().__init__(name)
        self.weights = tuple(weights)

    def stylesheet(self) -> str:
        """Return the URL of the stylesheet at Google Fonts."""
        weights = ";".join(str(weight) for weight in sorted(self.weights))
        return f"https://fonts.googleapis.com/css2?family={quote_plus(self.name)}:wght@{weights}&display=swap"
