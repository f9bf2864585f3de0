"""Headers with which a proxy reports the original request, used only if the proxy is trusted."""

from __future__ import annotations

import functools
import ipaddress
import logging
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from starlette.types import Scope

from holdfast.errors import BuildError

logger = logging.getLogger("holdfast.server")

LOOPBACK = ("127.0.0.1", "::1")
"""Proxies that are trusted by default, as in uvicorn."""
HOST = re.compile(r"[A-Za-z0-9._\-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
REPORTS = frozenset({b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server"})
"""Headers with which a proxy reports the original request."""
_SCHEMES = {"http": "http", "https": "https", "ws": "http", "wss": "https"}
_KEY = "holdfast.reported"

_Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class Reported(NamedTuple):
    """Report of a trusted proxy about the original request."""

    origin: str | None = None
    """Scheme and host of the original request."""
    scheme: str | None = None
    """Scheme of the original request: `http` or `https`."""
    proxied: bool = False
    """Whether any header shows that a proxy, trusted or not, has forwarded the request."""


NOTHING = Reported()


def reported(scope: Scope) -> Reported:
    """Return a trusted proxy's report about a request that the gate has admitted."""
    found: Reported = scope.get(_KEY, NOTHING)
    return found


def scheme_of(scope: Scope) -> str:
    """Return `http` or `https`, also for sockets."""
    return _SCHEMES.get(scope.get("scheme", "http"), "http")


class Proxies:
    """Applies the `X-Forwarded-*` headers of trusted proxies. No other code in the server reads these headers.

    Args:
        trusted: Addresses and networks of proxies; `*` for every sender. Like uvicorn's `forwarded_allow_ips`.

    Raises:
        BuildError: An entry is neither an address nor a network.
    """

    def __init__(self, trusted: Sequence[str] = LOOPBACK) -> None:
        self._everyone = "*" in trusted
        self._networks = [_network(entry) for entry in trusted if entry != "*"]
        self._warned = False
        self.trusts: Callable[[str], bool] = functools.lru_cache(maxsize=1024)(self._trusts)
        """Function that returns whether an address belongs to a trusted proxy."""

    def applied(self, scope: Scope) -> Scope:
        """Update a scope with the client, scheme, and host that a trusted proxy reports.

        Args:
            scope: Scope of an HTTP request or a socket, which is changed in place.
        """
        found: dict[bytes, str] = {}
        for name, value in scope["headers"]:
            if name in REPORTS:
                before = found.get(name)
                text = value.decode("latin-1")
                found[name] = text if before is None else f"{before}, {text}"
        if not found:
            return scope
        if not self._from_trusted(scope):
            self._warn(scope)
            scope[_KEY] = Reported(proxied=True)
            return scope
        scheme = _SCHEMES.get(_first(found.get(b"x-forwarded-proto")))
        if scheme is not None:
            scope["scheme"] = scheme if scope["type"] == "http" else scheme.replace("http", "ws")
        client = self._client(found.get(b"x-forwarded-for", ""))
        if client is not None:
            scope["client"] = client
        scope[_KEY] = Reported(_origin(found, scheme_of(scope)), scheme, proxied=True)
        return scope

    def _from_trusted(self, scope: Scope) -> bool:
        """Return whether the sender is a trusted proxy.

        A server other than Holdfast's own may already have replaced the proxy's address with the visitor's, because it
        trusts the proxy. Such an address has the port 0, which no connection has.
        """
        if self._everyone:
            return True
        peer = scope.get("client")
        return peer is not None and (peer[1] == 0 or self.trusts(peer[0]))

    def _trusts(self, address: str) -> bool:
        if self._everyone:
            return True
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        found = getattr(found, "ipv4_mapped", None) or found
        return any(found in network for network in self._networks)

    def _client(self, forwarded_for: str) -> tuple[str, int] | None:
        """Return the last sender that is not a trusted proxy. Entries before it could be forged."""
        senders = [_address(part.strip()) for part in forwarded_for.split(",") if part.strip()]
        if not senders:
            return None
        if self._everyone:
            return senders[0]
        return next((sender for sender in reversed(senders) if not self.trusts(sender[0])), senders[0])

    def _warn(self, scope: Scope) -> None:
        if self._warned:
            return
        self._warned = True
        peer = scope.get("client") or ("an unknown address", 0)
        logger.warning(
            "Ignored the X-Forwarded-* headers from %.100s, which is not a trusted proxy. If it is your proxy, launch "
            "with trusted_proxies=[%.100r] or set HOLDFAST_TRUSTED_PROXIES.",
            peer[0],
            peer[0],
        )


def _network(entry: str) -> _Network:
    try:
        return ipaddress.ip_network(entry)
    except ValueError:
        raise BuildError(
            f"trusted_proxies: {entry!r} is not a valid address or network. Use '10.0.0.1' or '10.0.0.0/8', or "
            "'*' to trust every sender."
        ) from None


def _origin(found: dict[bytes, str], scheme: str) -> str | None:
    host = _first(found.get(b"x-forwarded-host"))
    if HOST.fullmatch(host):
        return f"{scheme}://{host}"
    server = found.get(b"x-gradio-server", "").rstrip("/")
    kind, _, host = server.partition("://")
    return server if kind in {"http", "https"} and HOST.fullmatch(host) else None


def _address(text: str) -> tuple[str, int]:
    """Parse an address in a proxy's header: with or without a port, IPv6 with or without brackets."""
    if text.startswith("["):
        return text[1:].partition("]")[0], 0
    return (text.partition(":")[0], 0) if text.count(":") == 1 else (text, 0)


def _first(header: str | None) -> str:
    return (header or "").split(",")[0].strip()
