"""Every public name resolves and says what it is for."""

from __future__ import annotations

import inspect

import pytest

import holdfast

PLAIN = {"__version__", "NO_RELOAD"}
"""Names that are values, not things with a docstring."""


@pytest.mark.parametrize("name", sorted(set(holdfast.__all__) - PLAIN))
def test_a_public_name_has_a_docstring(name: str) -> None:
    thing = getattr(holdfast, name)
    assert inspect.getdoc(thing), f"holdfast.{name} has no docstring"


def test_dir_lists_every_public_name() -> None:
    assert set(holdfast.__all__) <= set(dir(holdfast))


def test_a_name_that_does_not_exist_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="Nonsense"):
        holdfast.Nonsense  # type: ignore[attr-defined] # noqa: B018 -- the access is what is tested
