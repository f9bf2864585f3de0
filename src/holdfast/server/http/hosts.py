"""The host names under which an app is reachable: by default, only local ones on loopback.

A page of any site can make its own name resolve to 127.0.0.1 (DNS rebinding). Browsers then treat the app as part of
that site; only the `Host` header still contains the foreign name.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

from holdfast.server.http.origins import hostname

logger = logging.getLogger("holdfast.server")

REFUSED = (
    "This app does not accept the host {host!r}. Add it with launch(allowed_hosts=[…]) or HOLDFAST_ALLOWED_HOSTS, "
    "or set root_path to the app's public URL."
)


UNSPECIFIED = frozenset({"0.0.0.0", "::"})  # noqa: S104 -- used for comparison, not for binding
"""Addresses that mean all interfaces when listening, and this machine when connecting."""


def is_this_machine(name: str | None) -> bool:
    """Return whether a host name or address in a URL always refers to the requesting machine."""
    return name is not None and (is_loopback(name) or name in UNSPECIFIED)


def is_loopback(name: str | None) -> bool:
    """Return whether a host name or address is only reachable from this machine."""
    if name is None:
        return False
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


class Hosts:
    """Rejects requests whose `Host` header contains another host.

    Args:
        allowed: Additional names; `*` for every name, `*.example.com` for all subdomains.
        listens_on: Address that the server listens on, if known.
        root_path: The app's configured root path; if it is a full URL, its host is allowed.
    """

    def __init__(
        self, allowed: Sequence[str] = (), *, listens_on: str | None = None, root_path: str | None = None
    ) -> None:
        names = {_name(name) for name in allowed}
        public = hostname(root_path) if root_path and "://" in root_path else None
        self._open = "*" in names or not (names or is_loopback(listens_on))
        self._explicit = bool(names)
        self._names = names | {name for name in (public, listens_on) if name}
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        self._known: str | None = None
        """The last allowed `Host`, because nearly all requests have the same one."""
        self._warned = False

    def refusal(self, scope: Scope) -> str | None:
        """Return why a request is rejected, or `None` if it is not.

        Args:
            scope: Scope of an HTTP request or a socket. Browsers always send a `Host`; a program without one is
                admitted.
        """
        if self._open:
            return None
        host = Headers(scope=scope).get("host")
        if not host or host == self._known:
            return None
        if not (self._explicit or is_loopback((scope.get("server") or ("",))[0])):
            return None  # calls within this process, such as a test client's, do not use a socket
        if self._allows(hostname(f"//{host}")):
            self._known = host
            return None
        refusal = REFUSED.format(host=host[:200])
        if not self._warned:
            self._warned = True
            logger.warning("Rejected a request: %s", refusal)
        return refusal

    def _allows(self, name: str | None) -> bool:
        if name is None:
            return False
        return is_this_machine(name) or name in self._names or name.endswith(self._suffixes or ("/",))


def _name(entry: str) -> str:
    """Return the host name of an entry, which can contain a port or be a full URL."""
    entry = entry.strip().lower()
    if entry.startswith("*"):
        return entry
    return hostname(entry if "://" in entry else f"//{entry}") or entry
