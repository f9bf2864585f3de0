"""Convert access options from the app's author and the environment to what the server checks."""

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
"""Default number of seconds without use after which a login expires."""


class AccessOptions(TypedDict, total=False):
    """Options of `launch` and `mount_gradio_app` that control access to the app."""

    trusted_origins: Sequence[str] | str | None
    """Origins whose pages can use the visitor's login, such as `https://example.com`; `"*"` for all, as in Gradio."""
    trusted_proxies: Sequence[str] | str | None
    """Addresses and networks of proxies whose `X-Forwarded-*` headers are trusted; `"*"` for all. Default: loopback."""
    allowed_hosts: Sequence[str] | str | None
    """Host names under which the app is reachable. By default, local ones if it listens on loopback, otherwise any."""
    login_idle: float | None
    """Seconds without use after which a login expires. Default: one day."""
    frame_ancestors: Sequence[str] | str | None
    """Origins whose pages can show the app in a frame; `"*"` for all. Default: all, or with a login only the app's."""
    hsts: int | None
    """Seconds for which browsers must use only https, sent over https."""
    metrics_token: str | None
    """Token that grants access to metrics and the health page from other machines; at least 16 characters."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """Rules for access to the app.

    Attributes:
        trusted_origins: See `Origins`.
        trusted_proxies: See `Proxies`.
        allowed_hosts: See `Hosts`.
        login_idle: Seconds without use after which a login expires.
        frame_ancestors: Sources that can show the app in a frame, for `Content-Security-Policy`; empty for the default.
        hsts: Seconds for which browsers must use only https.
        metrics_token: Token that grants access to metrics and the whole health page.
        listens_on: Address that the server listens on, if known.
        strict_cors: Do not let pages without an origin use an app on this machine.
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
        """Whether the author allows pages of other sites to show the app in a frame."""
        return any(entry not in {"'self'", "'none'"} for entry in self.frame_ancestors)

    def origins(self, root_path: str | None) -> Origins:
        """Return the check that distinguishes the app's pages from those of other origins."""
        return Origins(self.trusted_origins, root_path=root_path)

    def hosts(self, root_path: str | None) -> Hosts:
        """Return the check of the `Host` header."""
        return Hosts(self.allowed_hosts, listens_on=self.listens_on, root_path=root_path)

    def proxies(self) -> Proxies:
        """Return the handling of proxies' headers."""
        return Proxies(self.trusted_proxies)


def access_of(options: Mapping[str, Any], settings: Settings, listens_on: str | None) -> Access:
    """Return the access rules from the options, or from the environment where an option is missing.

    Args:
        options: Options of `launch` or `mount_gradio_app`.
        settings: Settings from the environment.
        listens_on: Address that the server listens on, if known.

    Raises:
        BuildError: An option is not valid.
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
        raise BuildError(
            f"login_idle={given!r} is not a valid number of seconds. Use a number greater than 0, or omit the option."
        )
    return float(given)


def _ancestors(given: tuple[str, ...]) -> tuple[str, ...]:
    words = {"self": "'self'", "none": "'none'"}
    for entry in given:
        if any(mark in entry for mark in ";, \n\r"):
            raise BuildError(
                f"frame_ancestors: {entry!r} is not a valid origin. Use 'self', 'none', '*', or an origin such as "
                "'https://example.com'."
            )
    return tuple(words.get(entry, entry) for entry in given)


def _hsts(given: Any) -> int | None:
    if given is not None and (isinstance(given, bool) or not isinstance(given, int) or given < 0):
        raise BuildError(
            f"hsts={given!r} is not a valid number of seconds. Use a whole number, such as 31536000 for a year."
        )
    return given


def _token(given: Any) -> str | None:
    if given is not None and (not isinstance(given, str) or len(given) < SHORTEST_TOKEN):
        raise BuildError(
            f"metrics_token must be a string of at least {SHORTEST_TOKEN} characters, so that it cannot be guessed. "
            'Generate one with: python -c "import secrets; print(secrets.token_hex(16))"'
        )
    return given


def _listed(name: str, options: Mapping[str, Any], otherwise: tuple[str, ...]) -> tuple[str, ...]:
    given = options.get(name)
    if given is None:
        return otherwise
    listed = given.split(",") if isinstance(given, str) else list(given) if isinstance(given, Sequence) else [given]
    if not all(isinstance(entry, str) for entry in listed):
        raise BuildError(f"{name}={given!r} is not a list of strings. Use {name}=['…'].")
    return tuple(entry.strip() for entry in listed if entry.strip())
