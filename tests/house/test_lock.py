"""The lock file of the test environment fits what the package asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

try:
    import tomllib  # type: ignore[import-not-found, unused-ignore]
except ModuleNotFoundError:  # Python 3.10
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore, no-redef]

ROOT = Path(__file__).parents[2]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+?)(?: ; (.*?))? \\$", re.MULTILINE)


def locked() -> dict[str, list[str]]:
    """Return the locked versions per package; several where they depend on the Python version."""
    versions: dict[str, list[str]] = {}
    for name, version, _ in PINNED.findall((ROOT / "requirements-test.lock").read_text("utf-8")):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def wanted() -> list[Requirement]:
    """Return every requirement of the package and of its extras."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [item for group in project["optional-dependencies"].values() for item in group]
    return [Requirement(item) for item in [*project["dependencies"], *extras]]


def test_every_requirement_is_locked_at_a_version_that_satisfies_it() -> None:
    """`scripts/lock` was run after the last change of pyproject.toml."""
    versions = locked()
    unmet = [
        str(requirement)
        for requirement in wanted()
        if not any(
            requirement.specifier.contains(version) for version in versions.get(canonicalize_name(requirement.name), [])
        )
    ]
    assert not unmet, f"Run scripts/lock: requirements-test.lock does not satisfy {unmet}."


def test_every_locked_package_has_hashes_and_no_address() -> None:
    """pip refuses a download that differs from the one that was tested, from any index."""
    text = (ROOT / "requirements-test.lock").read_text("utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    assert all("--hash=sha256:" in block for block in blocks if not block.startswith("#"))
    assert "://" not in text
