"""Public names resolve and have docstrings; docstrings of internals are optional."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any

import pytest

import holdfast
from holdfast import state, stores, testing

CONSTANTS = {"__version__", "NO_RELOAD", "Scope"}
"""Exported names that cannot have a docstring."""

EXPORTED = [
    pytest.param(module, name, id=f"{module.__name__}.{name}")
    for module in (holdfast, state, stores, testing)
    for name in sorted(set(module.__all__) - CONSTANTS)
]


def documented_members(exported: Any) -> dict[str, Any]:
    """Return the public methods and properties that the package defines for an exported class."""
    if not inspect.isclass(exported):
        return {}
    return {
        name: member
        for base in exported.__mro__
        if base.__module__.startswith("holdfast")
        for name, member in vars(base).items()
        if not name.startswith(("_", "test_"))
        and isinstance(member, (property, classmethod, staticmethod)) | inspect.isfunction(member)
    }


@pytest.mark.parametrize(("module", "name"), EXPORTED)
def test_a_public_name_has_a_docstring(module: ModuleType, name: str) -> None:
    exported = getattr(module, name)
    assert inspect.getdoc(exported), f"{module.__name__}.{name} has no docstring"


@pytest.mark.parametrize(("module", "name"), EXPORTED)
def test_the_members_of_a_public_class_have_docstrings(module: ModuleType, name: str) -> None:
    exported = getattr(module, name)
    missing = [member for member in documented_members(exported) if not inspect.getdoc(getattr(exported, member))]
    assert not missing, f"{module.__name__}.{name} has members without a docstring: {', '.join(missing)}"


def test_dir_lists_every_public_name() -> None:
    assert set(holdfast.__all__) <= set(dir(holdfast))


def test_a_name_that_does_not_exist_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        holdfast.Nonsense  # type: ignore[attr-defined] # noqa: B018 -- the access is what is tested
