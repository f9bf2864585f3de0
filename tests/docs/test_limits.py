"""`docs/limits.md` and the code say the same of every bound (issue: document the bounds)."""

from __future__ import annotations

from pathlib import Path

import pytest

import holdfast as gr
from holdfast import limits, settings
from holdfast.errors import BuildError
from holdfast.limits import Bound, Limits
from holdfast.runtime import unattended
from holdfast.server.build import Assembled, assemble

PAGE = Path(__file__).resolve().parents[2] / "docs" / "limits.md"


def assembled(**options: object) -> Assembled:
    with gr.Blocks() as demo:
        gr.Textbox()
    environment = settings.read({"HOLDFAST_LIMIT_RESULTS": "7", "HOLDFAST_LIMIT_RESULT_SECONDS": "1.5"})
    return assemble(demo.spec, options, settings=environment)  # type: ignore[arg-type]


def test_the_table_is_the_one_that_the_declarations_give() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == limits.with_table(page), "Run `python -m holdfast.limits docs/limits.md`."


def test_defaults_of_bounds_that_options_set_are_those_of_the_code() -> None:
    """A row whose value differs from what the assembled app uses fails here."""
    runtime = assembled().runtime
    state, options, files = runtime.engine.options, runtime.options, runtime.options.file_rules
    used = {
        "state_session_capacity": options.session_capacity,
        "session_grace": options.session_grace,
        "state_memory_limit": state.memory_limit,
        "state_rollback_limit": state.rollback_limit,
        "max_file_size": files.max_size,
        "max_size": options.max_queue_size,
        "default_concurrency_limit": options.default_concurrency_limit,
        "max_threads": options.max_threads,
        "on_leave": unattended.SECONDS,
    }
    assert {one.name: one.default for one in limits.EXISTING} == used


@pytest.mark.parametrize("one", list(limits.bounds()), ids=lambda one: one.name)
def test_a_bound_says_what_is_bounded_how_it_is_set_and_what_happens_beyond(one: Bound) -> None:
    assert one.resource
    assert one.beyond
    assert one.option or one.environment


def test_the_program_has_precedence_over_the_environment_and_that_over_the_default() -> None:
    for given in (Limits(results=3), {"results": 3}):
        found = assembled(limits=given).asgi.state.context.options.limits
        assert (found.results, found.result_seconds, found.session_jobs) == (3, 1.5, 2000)
    both = assembled()
    assert (
        both.runtime.options.limits == both.asgi.state.context.options.limits == Limits(results=7, result_seconds=1.5)
    )


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "9", None, float("nan")])
def test_a_value_that_bounds_nothing_is_refused(value: object) -> None:
    with pytest.raises(BuildError, match="results"):
        Limits(results=value)  # type: ignore[arg-type]


def test_an_unknown_limit_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BuildError, match="Did you mean 'results'"):
        assembled(limits={"result": 3})
    with pytest.raises(BuildError, match=r"gr\.Limits"):
        assembled(limits=[3])


@pytest.mark.parametrize(
    ("name", "value"),
    [("RESULTS", "many"), ("RESULTS", "0"), ("RESULTS", "1.5"), ("RESULT_SECONDS", "nan"), ("NONSENSE", "1")],
)
def test_a_variable_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(BuildError, match=f"HOLDFAST_LIMIT_{name}"):
        settings.read({f"HOLDFAST_LIMIT_{name}": value})
