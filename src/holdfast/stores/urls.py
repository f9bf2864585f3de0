"""Creation of stores from URLs."""

from __future__ import annotations

import importlib.util
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit, urlunsplit

from holdfast.files import private
from holdfast.stores.errors import StoreUrlError
from holdfast.stores.memory import MemoryStore
from holdfast.stores.protocol import Store
from holdfast.stores.sqlite.store import SqliteStore


def open(url: str) -> Store:
    """Return the store for a URL; nothing is opened before its `open()`.

    Args:
        url: `memory://`, `sqlite:///path/to/file.db` (relative; four slashes for an absolute path),
            `redis://host:port/0`, `rediss://…`, or `unix://…`, with `?prefix=` for all keys, `?slot=` to keep them in
            one slot of a cluster, and `?lease=` for the seconds after which the lanes of a dead process are free.

    Raises:
        StoreUrlError: The URL is not valid, or needs an extra that is not installed.
    """
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "memory" and not rest:
        return MemoryStore()
    if separator and scheme == "sqlite":
        return _sqlite(url, rest)
    if separator and scheme in {"redis", "rediss", "unix"}:
        return _redis(url)
    raise StoreUrlError(
        f"{url!r} is not a valid store URL. Use memory://, sqlite:///path/to/file.db, or "
        "redis://host:6379/0 (launch(state_store=…) or HOLDFAST_STATE_STORE)."
    )


def _sqlite(url: str, rest: str) -> Store:
    path, _, query = rest.partition("?")
    options = parse_qs(query)
    synchronous = options.pop("synchronous", ["normal"])[-1].upper()
    if not path.startswith("/") or len(path) < 2 or options or synchronous not in {"NORMAL", "FULL"}:
        raise StoreUrlError(
            f"{url!r} is not a valid SQLite URL. Write sqlite:///relative/file.db, or sqlite:////absolute/file.db with "
            "four slashes; ?synchronous=full makes commits survive a power failure."
        )
    return SqliteStore(unquote(path[1:]), synchronous=synchronous)


def _redis(url: str) -> Store:
    missing = next((name for name in ("redis", "hiredis") if importlib.util.find_spec(name) is None), None)
    if missing is not None:
        raise StoreUrlError(f"{url.partition('://')[0]}:// needs the {missing} package: pip install 'holdfast[redis]'.")
    from holdfast.stores.redis.store import RedisStore

    parts = urlsplit(url)
    options: dict[str, list[Any]] = dict(parse_qs(parts.query))
    private.guard(*(path for name in ("ssl_keyfile", "ssl_certfile") for path in options.get(name, ())))
    prefix = options.pop("prefix", ["holdfast"])[-1]
    slot = options.pop("slot", [None])[-1]
    lease = options.pop("lease", ["10"])[-1]
    try:
        seconds = float(lease)
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        raise StoreUrlError(f"lease={lease!r} is out of range. Use seconds, such as ?lease=10.")
    query = urlencode(options, doseq=True)
    place = f"unix://{parts.path}" if parts.scheme == "unix" else urlunsplit(parts._replace(query=""))
    return RedisStore(f"{place}?{query}" if query else place, prefix=prefix, slot=slot, lease=seconds)
