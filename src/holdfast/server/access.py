"""From what an app's author and the environment say about access to what the server checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from holdfast.errors import BuildError
from holdfast.server.hosts import Hosts
from holdfast.server.origins import Origins
from holdfast.server.proxies import LOOPBACK, Proxies
from holdfast.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


SHORTEST_TOKEN = 16


class AccessOptions(TypedDict, total=False):
    """Options of `launch` and `mount_gradio_app` about who may use the app from where."""

    trusted_origins: Sequence[str] | str | None
    """Origins whose pages act with the visitor's login, such as `https://example.com`; `"*"` for all, as in Gradio."""
    trusted_proxies: Sequence[str] | str | None
    """Addresses and networks of proxies whose `X-Forwarded-*` headers count; `"*"` for all; loopback by default."""
    allowed_hosts: Sequence[str] | str | None
    """Names under which the app may be reached; local ones by default where it listens on loopback, else any."""
    metrics_token: str | None
    """Lets its bearer read metrics and the health page from other machines; at least 16 characters."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may use the app from where.

    Attributes:
        trusted_origins: See `Origins`.
        trusted_proxies: See `Proxies`.
        allowed_hosts: See `Hosts`.
        metrics_token: Lets its bearer read metrics and the whole health page.
        listens_on: The address that the server listens on, where it is known.
        strict_cors: Whether pages without an origin are kept out of an app on this machine.
    """

    trusted_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = LOOPBACK
    allowed_hosts: tuple[str, ...] = ()
    metrics_token: str | None = field(default=None, repr=False)
    listens_on: str | None = None
    strict_cors: bool = True

    def origins(self, root_path: str | None) -> Origins:
        """Return what tells own pages from others."""
        return Origins(self.trusted_origins, root_path=root_path)

    def hosts(self, root_path: str | None) -> Hosts:
        """Return what checks the `Host` header."""
        return Hosts(self.allowed_hosts, listens_on=self.listens_on, root_path=root_path)

    def proxies(self) -> Proxies:
        """Return what believes proxies."""
        return Proxies(self.trusted_proxies)


def access_of(options: Mapping[str, Any], settings: Settings, listens_on: str | None) -> Access:
    """Return what the options say, and the environment where they say nothing.

    Args:
        options: Of `launch` or `mount_gradio_app`.
        settings: What the environment says.
        listens_on: The address that the server listens on, where it is known.

    Raises:
        BuildError: An option cannot be used.
    """
    proxies = _listed("trusted_proxies", options, settings.trusted_proxies)
    access = Access(
        trusted_origins=_listed("trusted_origins", options, settings.trusted_origins),
        trusted_proxies=proxies or LOOPBACK,
        allowed_hosts=_listed("allowed_hosts", options, settings.allowed_hosts),
        metrics_token=_token(options.get("metrics_token") or settings.metrics_token),
        listens_on=listens_on,
        strict_cors=options.get("strict_cors", True),
    )
    access.origins(None)
    access.proxies()
    return access


def _token(given: Any) -> str | None:
    if given is not None and (not isinstance(given, str) or len(given) < SHORTEST_TOKEN):
        raise BuildError(
            f"metrics_token must be a string of at least {SHORTEST_TOKEN} characters, so that nobody can guess it. "
            'Make one with: python -c "import secrets; print(secrets.token_hex(16))"'
        )
    return given


def _listed(name: str, options: Mapping[str, Any], otherwise: tuple[str, ...]) -> tuple[str, ...]:
    given = options.get(name)
    if given is None:
        return otherwise
    listed = given.split(",") if isinstance(given, str) else list(given) if isinstance(given, Sequence) else [given]
    if not all(isinstance(entry, str) for entry in listed):
        raise BuildError(f"{name}={given!r} is not a list of strings. Write {name}=['…'].")
    return tuple(entry.strip() for entry in listed if entry.strip())
