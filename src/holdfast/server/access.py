"""From what an app's author and the environment say about access to what the server checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from holdfast.errors import BuildError
from holdfast.server.http.hosts import Hosts
from holdfast.server.http.origins import Origins
from holdfast.server.http.proxies import LOOPBACK, Proxies
from holdfast.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


SHORTEST_TOKEN = 16
IDLE = 24 * 3600.0
"""Seconds without use after which a login ends by default."""


class AccessOptions(TypedDict, total=False):
    """Options of `launch` and `mount_gradio_app` about who may use the app from where."""

    trusted_origins: Sequence[str] | str | None
    """Origins whose pages act with the visitor's login, such as `https://example.com`; `"*"` for all, as in Gradio."""
    trusted_proxies: Sequence[str] | str | None
    """Addresses and networks of proxies whose `X-Forwarded-*` headers count; `"*"` for all; loopback by default."""
    allowed_hosts: Sequence[str] | str | None
    """Names under which the app may be reached; local ones by default where it listens on loopback, else any."""
    login_idle: float | None
    """Seconds without use after which a login ends; a day by default."""
    frame_ancestors: Sequence[str] | str | None
    """Origins whose pages may show the app in a frame; by default all, or with a login its own only; `"*"` for all."""
    hsts: int | None
    """Over https, tells browsers for so many seconds to use nothing else."""
    metrics_token: str | None
    """Lets its bearer read metrics and the health page from other machines; at least 16 characters."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may use the app from where.

    Attributes:
        trusted_origins: See `Origins`.
        trusted_proxies: See `Proxies`.
        allowed_hosts: See `Hosts`.
        login_idle: Seconds without use after which a login ends.
        frame_ancestors: Who may show the app in a frame, as `Content-Security-Policy` has it; `None` for the default.
        hsts: Seconds for which browsers use https only.
        metrics_token: Lets its bearer read metrics and the whole health page.
        listens_on: The address that the server listens on, where it is known.
        strict_cors: Whether pages without an origin are kept out of an app on this machine.
    """

    trusted_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = LOOPBACK
    allowed_hosts: tuple[str, ...] = ()
    login_idle: float = IDLE
    frame_ancestors: tuple[str, ...] = ()
    hsts: int | None = None
    metrics_token: str | None = field(default=None, repr=False)
    listens_on: str | None = None
    strict_cors: bool = True

    @property
    def is_framed(self) -> bool:
        """Whether pages of other sites may show the app in a frame, by the author's choice."""
        return any(entry not in {"'self'", "'none'"} for entry in self.frame_ancestors)

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
        login_idle=_idle(options.get("login_idle"), settings.login_idle),
        frame_ancestors=_ancestors(_listed("frame_ancestors", options, settings.frame_ancestors)),
        hsts=_hsts(options.get("hsts", settings.hsts)),
        metrics_token=_token(options.get("metrics_token") or settings.metrics_token),
        listens_on=listens_on,
        strict_cors=options.get("strict_cors", True),
    )
    access.origins(None)
    access.proxies()
    return access


def _idle(given: Any, otherwise: float | None) -> float:
    if given is None:
        return IDLE if otherwise is None else otherwise
    if isinstance(given, bool) or not isinstance(given, int | float) or not given > 0:
        raise BuildError(f"login_idle={given!r} is not a number of seconds. Give more than 0, or leave it out.")
    return float(given)


def _ancestors(given: tuple[str, ...]) -> tuple[str, ...]:
    words = {"self": "'self'", "none": "'none'"}
    for entry in given:
        if any(mark in entry for mark in ";, \n\r"):
            raise BuildError(
                f"frame_ancestors: {entry!r} is not an origin. Write 'self', 'none', '*', or an origin such as "
                "'https://example.com'."
            )
    return tuple(words.get(entry, entry) for entry in given)


def _hsts(given: Any) -> int | None:
    if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 0):
        raise BuildError(f"hsts={given!r} is not a whole number of seconds. A year is 31536000.")
    return given


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
