"""Seals, by which the server recognizes parts that it issued when a client sends them back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import OrderedDict
from typing import Any

import orjson

from holdfast.ids import random_token

KEPT = 1024
"""Maximum number of cached seals, so that a long history is not sealed again at each step."""


class Issued(str):
    """Seal of a part that this server issued. JSON cannot create one, so a client cannot send one."""

    __slots__ = ()


class Seal:
    """Seals JSON values and recognizes its seals.

    A value that has passed through JavaScript still matches: numbers are compared as floats, and the URL of a file,
    which depends on the request, is ignored if there is a path.

    Args:
        key: Secret key; a random one is only valid in this process.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = hashlib.blake2b(key or random_token().encode(), digest_size=32, person=b"holdfast-part").digest()
        self._known: OrderedDict[bytes, str] = OrderedDict()

    def of(self, encoded: bytes) -> str:
        """Return the seal of a value.

        Args:
            encoded: Value as JSON.
        """
        digest = hashlib.blake2b(encoded, digest_size=32).digest()
        found = self._known.get(digest)
        if found is None:
            canonical = json.dumps(_canonical(orjson.loads(encoded)), sort_keys=True).encode()
            found = hmac.new(self._key, canonical, hashlib.sha256).hexdigest()
            self._known[digest] = found
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found

    def fits(self, encoded: bytes, seal: object) -> bool:
        """Return whether `seal` is the seal of this value."""
        return isinstance(seal, str) and hmac.compare_digest(self.of(encoded).encode(), seal.encode("utf-8", "replace"))


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        skipped = "url" if isinstance(value.get("path"), str) else None
        return {key: _canonical(item) for key, item in value.items() if key != skipped}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def reissued(value: Any) -> Any:
    """Mark the parts of unsealed JSON that the server stored as issued again.

    Args:
        value: Value decoded from a file that only the server writes; modified in place.
    """
    if isinstance(value, dict):
        if value.get("seal") == "" and value.get("type") == "component":
            value["seal"] = Issued()
        parts: Any = value.values()
    else:
        parts = value if isinstance(value, list) else ()
    for part in parts:
        if isinstance(part, dict | list):
            reissued(part)
    return value
