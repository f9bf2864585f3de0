"""Addresses that a page can link to or load: none that runs a script."""

from __future__ import annotations

import re

SCHEMES = frozenset({"http", "https", "mailto", "blob"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.\-]*):", re.IGNORECASE)
_IGNORED = re.compile(r"[\x00-\x20\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\ufeff]")
"""Characters that browsers ignore or readers cannot see in an address."""


def is_safe_link(url: str) -> bool:
    """Return whether an address is relative, http(s), mailto, blob, or an image in a data URL."""
    plain = _IGNORED.sub("", url)
    scheme = _SCHEME.match(plain)
    if scheme is None:
        return True
    name = scheme[1].lower()
    return name in SCHEMES or (name == "data" and plain[scheme.end() :].lower().startswith("image/"))
