"""Settings from environment variables. This is the only module that reads the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from holdfast import limits
from holdfast.errors import BuildError

SessionKind = Literal["page", "tab"]
Outage = Literal["continue", "refuse"]
OnLeave: TypeAlias = Literal["cancel", "finish"] | float
"""What happens to an event whose visitor has left: cancel it, finish it, or cancel it after some seconds."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Settings read from environment variables.

    Every variable can be written `HOLDFAST_…` or, if Gradio has it too, `GRADIO_…`; the first wins.
    """

    server_name: str | None = None
    """`SERVER_NAME`: address to listen on."""
    server_port: int | None = None
    """`SERVER_PORT`: port, or the first port to try if `launch` does not specify one."""
    num_ports: int = 100
    """`NUM_PORTS`: number of ports to try, starting with 7860."""
    root_path: str | None = None
    """`ROOT_PATH`: path or URL under which a proxy serves the app."""
    allowed_paths: tuple[str, ...] = ()
    """`ALLOWED_PATHS`: additional files and folders that can be served, separated by commas."""
    blocked_paths: tuple[str, ...] = ()
    """`BLOCKED_PATHS`: files and folders that are never served, separated by commas."""
    temp_dir: str | None = None
    """`TEMP_DIR`: folder of uploaded and generated files."""
    share: bool | None = None
    """`SHARE`: requests a public link."""
    debug: bool | None = None
    """`DEBUG`: blocks the program even in a notebook."""
    mcp_server: bool | None = None
    """`MCP_SERVER`: serves the endpoints as tools."""
    default_concurrency_limit: int | Literal["not_set"] | None = "not_set"
    """`DEFAULT_CONCURRENCY_LIMIT`: maximum of concurrent events per function; `none` for no limit."""
    heartbeat_interval: float = 15.0
    """`HEARTBEAT_INTERVAL`: interval between heartbeats on an idle stream, in seconds."""
    fast_expiry: bool = False
    """`IS_E2E_TEST`: drops closed sessions after a second, as Gradio's own tests expect."""
    session: SessionKind | None = None
    """`SESSION`: `page` or `tab`, see `Blocks(session=…)`."""
    session_grace: float | None = None
    """`SESSION_GRACE`: seconds that a closed session is kept."""
    on_leave: OnLeave | None = None
    """`ON_LEAVE`: what happens to the events of a visitor who has left: `cancel`, `finish`, or a number of seconds."""
    log_level: str | None = None
    """`LOG_LEVEL`: minimum level of log records: `debug`, `info`, `warning` or `error`."""
    log_format: str | None = None
    """`LOG_FORMAT`: `text`, or `json` for processing by programs."""
    access_log: bool | None = None
    """`ACCESS_LOG`: logs every request."""
    state_store: str | None = None
    """`STATE_STORE`: store for State: `memory://`, `sqlite:///path` or `redis://…`."""
    state_outage: Outage | None = None
    """`STATE_OUTAGE`: what happens to events while the store is unreachable: `continue` or `refuse`."""
    state_app: str | None = None
    """`STATE_APP`: name of the app, which a store records; a store with another name is rejected."""
    metrics: bool | None = None
    """`METRICS`: serves metrics at `/gradio_api/metrics` in Prometheus format."""
    trusted_origins: tuple[str, ...] = ()
    """`TRUSTED_ORIGINS`: origins whose pages act with the visitor's login, separated by commas."""
    trusted_proxies: tuple[str, ...] = ()
    """`TRUSTED_PROXIES`, or uvicorn's `FORWARDED_ALLOW_IPS`: proxies whose `X-Forwarded-*` headers are trusted."""
    allowed_hosts: tuple[str, ...] = ()
    """`ALLOWED_HOSTS`: host names under which the app can be reached, separated by commas."""
    auth: str | None = None
    """`AUTH`: users who can log in, one `NAME:PASSWORD` or `NAME:HASH` per line, unless `launch` specifies them."""
    auth_file: str | None = None
    """`AUTH_FILE`: file with the same lines as `AUTH`."""
    login_idle: float | None = None
    """`LOGIN_IDLE`: seconds without use after which a login ends."""
    frame_ancestors: tuple[str, ...] = ()
    """`FRAME_ANCESTORS`: origins whose pages can show the app in a frame, separated by commas."""
    hsts: int | None = None
    """`HSTS`: seconds for which browsers use only https."""
    ssl_keyfile_password: str | None = None
    """`SSL_KEYFILE_PASSWORD`: password of the certificate's private key."""
    metrics_token: str | None = None
    """`METRICS_TOKEN`: token for reading metrics and the health page from other machines."""
    secret_key: str | None = None
    """`SECRET_KEY`: signs stored data and cookies; if missing, one is created and kept next to the store."""
    limits: Mapping[str, float] = field(default_factory=dict)
    """`HOLDFAST_LIMIT_…`: limits set in the environment, by field of `Limits`."""


def read(environ: Mapping[str, str] | None = None) -> Settings:
    """Return the current settings of the environment.

    Args:
        environ: Variables to read instead of the process's environment.

    Raises:
        BuildError: A variable has an invalid value; the message names it.
    """
    source = _Source(os.environ if environ is None else environ)
    return Settings(
        server_name=source.text("SERVER_NAME"),
        server_port=source.whole("SERVER_PORT", most=65535),
        num_ports=source.whole("NUM_PORTS", least=1) or 100,
        root_path=source.text("ROOT_PATH"),
        allowed_paths=source.paths("ALLOWED_PATHS"),
        blocked_paths=source.paths("BLOCKED_PATHS"),
        temp_dir=source.text("TEMP_DIR"),
        share=source.flag("SHARE"),
        debug=source.flag("DEBUG"),
        mcp_server=source.flag("MCP_SERVER"),
        default_concurrency_limit=source.limit("DEFAULT_CONCURRENCY_LIMIT"),
        heartbeat_interval=_heartbeat(source),
        fast_expiry=source.flag("IS_E2E_TEST") or False,
        session=source.session("SESSION"),
        session_grace=source.seconds("SESSION_GRACE"),
        on_leave=source.on_leave("ON_LEAVE"),
        log_level=source.text("LOG_LEVEL"),
        log_format=source.text("LOG_FORMAT"),
        access_log=source.flag("ACCESS_LOG"),
        state_store=source.text("STATE_STORE"),
        state_outage=source.outage("STATE_OUTAGE"),
        state_app=source.text("STATE_APP"),
        metrics=source.flag("METRICS"),
        trusted_origins=source.paths("TRUSTED_ORIGINS"),
        trusted_proxies=source.paths("TRUSTED_PROXIES") or source.paths("FORWARDED_ALLOW_IPS", prefixes=("",)),
        allowed_hosts=source.paths("ALLOWED_HOSTS"),
        auth=source.text("AUTH"),
        auth_file=source.text("AUTH_FILE"),
        login_idle=source.seconds("LOGIN_IDLE"),
        frame_ancestors=source.paths("FRAME_ANCESTORS"),
        hsts=source.whole("HSTS"),
        ssl_keyfile_password=source.text("SSL_KEYFILE_PASSWORD"),
        metrics_token=source.text("METRICS_TOKEN"),
        secret_key=source.text("SECRET_KEY"),
        limits=source.limits(),
    )


def checked_on_leave(name: str, given: Any) -> OnLeave | None:
    """Return a policy for unattended events after checking it.

    Args:
        name: Name of the option, for the message.
        given: Policy to check.

    Raises:
        BuildError: The value is not a policy.
    """
    number = isinstance(given, int | float) and not isinstance(given, bool)
    named = given is None or (isinstance(given, str) and given in {"cancel", "finish"})
    if named or (number and math.isfinite(given) and given >= 0):
        return given  # type: ignore[no-any-return]
    raise BuildError(
        f"{name}={given!r} is not a policy for events whose visitor has left. Use 'cancel', 'finish', or a number of "
        "seconds of at least 0, or omit it."
    )


def _heartbeat(source: _Source) -> float:
    given = source.seconds("HEARTBEAT_INTERVAL")
    if given is not None:
        return max(given, 0.05)
    return 0.25 if source.flag("IS_E2E_TEST") else 15.0


class _Source:
    """Looks up a name under both prefixes and converts its value."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def _find(self, name: str, prefixes: tuple[str, ...] = ("HOLDFAST_", "GRADIO_")) -> tuple[str, str] | None:
        for key in (f"{prefix}{name}" for prefix in prefixes):
            found = self._environ.get(key, "").strip()
            if found:
                return key, found
        return None

    def text(self, name: str) -> str | None:
        found = self._find(name)
        return found[1] if found else None

    def paths(self, name: str, prefixes: tuple[str, ...] = ("HOLDFAST_", "GRADIO_")) -> tuple[str, ...]:
        found = self._find(name, prefixes)
        return tuple(part.strip() for part in found[1].split(",") if part.strip()) if found else ()

    def flag(self, name: str) -> bool | None:
        found = self._find(name)
        if found is None:
            return None
        key, text = found
        if text.lower() in {"1", "true", "yes", "on"}:
            return True
        if text.lower() in {"0", "false", "no", "off"}:
            return False
        raise BuildError(f"{key} is {text!r}, which is not a valid yes or no. Set it to true or false.")

    def whole(self, name: str, *, least: int = 0, most: int | None = None) -> int | None:
        found = self._find(name)
        if found is None:
            return None
        key, text = found
        number = int(text) if text.removeprefix("-").isdecimal() else least - 1
        if number < least or (most is not None and number > most):
            span = f"from {least} to {most}" if most is not None else f"of at least {least}"
            raise BuildError(f"{key} is {text!r}. Set it to a whole number {span}, or remove it.")
        return number

    def seconds(self, name: str) -> float | None:
        found = self._find(name)
        if found is None:
            return None
        key, text = found
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not number >= 0:
            raise BuildError(f"{key} is {text!r}. Set it to a number of seconds, or remove it.")
        return number

    def on_leave(self, name: str) -> OnLeave | None:
        found = self._find(name)
        if found is None:
            return None
        key, text = found
        try:
            return checked_on_leave(key, float(text))
        except ValueError:
            return checked_on_leave(key, text)

    def limit(self, name: str) -> int | Literal["not_set"] | None:
        found = self._find(name)
        if found is None:
            return "not_set"
        return None if found[1].lower() == "none" else self.whole(name, least=1)

    def limits(self) -> dict[str, float]:
        """Return the limits that are set.

        Raises:
            BuildError: A variable does not name a limit, or its value is not a positive number.
        """
        found: dict[str, float] = {}
        for key in sorted(self._environ):
            text = self._environ[key].strip()
            if not key.startswith(limits.PREFIX) or not text:
                continue
            name = key.removeprefix(limits.PREFIX).lower()
            try:
                found[name] = int(text) if text.isdecimal() else float(text)
                limits.Limits().with_values({name: found[name]})
            except ValueError:
                raise BuildError(f"{key} is {text!r}. Set it to a number above 0, or remove it.") from None
            except BuildError as error:
                raise BuildError(f"{key} is {text!r}. {error}") from None
        return found

    def outage(self, name: str) -> Outage | None:
        found = self._find(name)
        if found is None:
            return None
        key, text = found
        if text == "continue":
            return "continue"
        if text == "refuse":
            return "refuse"
        raise BuildError(f"{key} is {text!r}. Set it to continue or refuse, or remove it.")

    def session(self, name: str) -> SessionKind | None:
        found = self._find(name)
        if found is None:
            return None
        key, text = found
        if text == "page":
            return "page"
        if text == "tab":
            return "tab"
        raise BuildError(f"{key} is {text!r}. Set it to page or tab, or remove it.")
