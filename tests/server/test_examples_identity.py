"""Cached results of examples are only used if the same results would be computed again.

E5 (programs 10 and 12). Related cases: everything about a function besides its name and code (closure, defaults,
keyword defaults, `self`, partial arguments, nested functions, constants of nested code, callable objects, a function in
a closure or a default, a class in it, global constants and functions of the program that it uses, wrapped functions);
other things that a result depends on (rows with long arrays, whose `repr` is shortened; the content of files in rows;
options of the components such as `Image(type=)`); other things named after a function (endpoints are numbered, uploads
and downloaded files are named after their content, each listener has a separate plan). All of the first two groups were
affected.
"""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.server.conftest import Serve

import holdfast as gr
from holdfast.apps.examples_cache import CACHE_FOLDER, UNUSED, CachedResults, prune
from holdfast.apps.function_identity import identity_of
from holdfast.files import rules as file_rules


@pytest.fixture(autouse=True)
def in_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(tmp_path / "cache"))


def kept(fn: Callable[..., Any], rows: list[list[Any]] | None = None, component: Any = None) -> CachedResults:
    component = component or gr.Textbox(render=False)
    return CachedResults(fn, rows or [["hi"]], [component], [gr.Textbox(render=False)])


def closure(language: str) -> Callable[..., Any]:
    return lambda text: f"{language}:{text}"


def default(language: str) -> Callable[..., Any]:
    def say(text: str, language: str = language) -> str:
        return f"{language}:{text}"

    return say


def keyword_default(language: str) -> Callable[..., Any]:
    def say(text: str, *, language: str = language) -> str:
        return f"{language}:{text}"

    return say


def spoken(language: str, text: str) -> str:
    return f"{language}:{text}"


def partial(language: str) -> Callable[..., Any]:
    return functools.partial(spoken, language)


class Speaker:
    def __init__(self, language: str) -> None:
        self.language = language

    def say(self, text: str) -> str:
        return f"{self.language}:{text}"

    def __call__(self, text: str) -> str:
        return self.say(text)


def method(language: str) -> Callable[..., Any]:
    return Speaker(language).say


def callable_object(language: str) -> Callable[..., Any]:
    return Speaker(language)


@dataclasses.dataclass
class Options:
    language: str
    more: dict[str, Any] = dataclasses.field(default_factory=dict)


def object_in_closure(language: str) -> Callable[..., Any]:
    options = Options("", {"deep": [{"language": language}]})
    return lambda text: f"{options.more['deep'][0]['language']}:{text}"


def function_in_closure(language: str) -> Callable[..., Any]:
    say = closure(language)
    return lambda text: "".join(say(text))


def function_in_default(language: str) -> Callable[..., Any]:
    def outer(text: str, say: Callable[[str], str] = closure(language)) -> str:  # noqa: B008 -- what is tested
        return say(text)

    return outer


def wrapped(language: str) -> Callable[..., Any]:
    inner = closure(language)

    @functools.wraps(spoken)
    def outer(text: str) -> Any:
        return inner(text)

    return outer


def remembered(language: str) -> Callable[..., Any]:
    return functools.lru_cache(closure(language))


def class_in_closure(language: str) -> Callable[..., Any]:
    class Words:
        prefix = language

    return lambda text: f"{Words.prefix}:{text}"


def slotted(language: str) -> Callable[..., Any]:
    class Slots:
        __slots__ = ("language",)

        def __init__(self, language: str) -> None:
            self.language = language

    made = Slots(language)
    return lambda text: f"{made.language}:{text}"


def with_lock(language: str) -> Callable[..., Any]:
    lock = threading.Lock()

    def say(text: str) -> str:
        with lock:
            return f"{language}:{text}"

    return say


PLAIN = [
    closure,
    default,
    keyword_default,
    partial,
    method,
    callable_object,
    object_in_closure,
    function_in_closure,
    function_in_default,
    wrapped,
    remembered,
    class_in_closure,
    slotted,
]


@pytest.mark.parametrize("make", [*PLAIN, with_lock])
def test_two_functions_of_one_factory_have_separate_results(make: Callable[[str], Any]) -> None:
    """E5."""
    first, second = kept(make("de")), kept(make("fr"))
    assert (first.row(0), second.row(0)) == (["de:hi"], ["fr:hi"])


@pytest.mark.parametrize("make", PLAIN)
def test_the_same_function_created_again_has_the_same_results(make: Callable[[str], Any]) -> None:
    """E5: equal values are equal content."""
    assert kept(make("de")).folder == kept(make("de")).folder


def test_a_value_without_content_does_not_share_results(tmp_path: Path) -> None:
    """E5: results computed with it are not used in another process."""
    fn = with_lock("de")
    assert not identity_of(fn).stable
    assert kept(fn).folder != kept(fn).folder
    assert not kept(fn).folder.is_relative_to(CACHE_FOLDER.absolute())
    assert kept(fn).row(0) == ["de:hi"]


PROGRAM = """
import functools, re, pathlib, enum
import holdfast as gr
from holdfast.apps.examples_cache import CachedResults

class Mode(enum.Enum):
    LOUD = 1

class Speaker:
    names = {"b", "a", "c"}
    def __init__(self, **given): self.given = given
    def __call__(self, text, mark="VALUE", *, mode=Mode.LOUD): return text + mark + helper(text)

def helper(text): return text + "HELPER"

fn = functools.partial(Speaker(words={"x", "y", "zebra"}, path=pathlib.Path("a"), numbers=(1, 2.5, None)))
box = gr.Textbox(render=False)
print(CachedResults(fn, [["hi"]], [box], [gr.Textbox(render=False)]).folder)
"""


def folder_in_a_process(program: str) -> str:
    Path("app.py").write_text(program)
    run = subprocess.run([sys.executable, "app.py"], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_plain_values_have_the_same_results_after_a_restart() -> None:
    """E5: regardless of the order of sets, which differs between processes."""
    first = folder_in_a_process(PROGRAM)
    assert first.startswith(str(CACHE_FOLDER))
    assert folder_in_a_process(PROGRAM) == first
    assert folder_in_a_process(PROGRAM.replace("VALUE", "other")) != first
    assert folder_in_a_process(PROGRAM.replace("HELPER", "other")) != first
    assert folder_in_a_process(PROGRAM.replace('"zebra"', '"yak"')) != first


def test_rows_with_a_shortened_repr_are_distinguished() -> None:
    """E5: the `repr` of a long array is shortened."""
    np = pytest.importorskip("numpy")
    first, second = np.zeros(5000), np.zeros(5000)
    second[2500] = 1
    assert repr(first) == repr(second)
    assert kept(str, [[first]]).folder != kept(str, [[second]]).folder
    assert kept(str, [[first]]).folder == kept(str, [[np.zeros(5000)]]).folder


def test_a_file_of_a_row_is_identified_by_its_content() -> None:
    """E5."""
    Path("a.txt").write_text("one")
    first = kept(str, [["a.txt"]], gr.File(render=False)).folder
    assert kept(str, [["a.txt"]], gr.File(render=False)).folder == first
    Path("a.txt").write_text("two")
    assert kept(str, [["a.txt"]], gr.File(render=False)).folder != first


def test_options_of_components_are_considered() -> None:
    """E5: they determine what the function receives."""
    assert (
        kept(str, [[1]], gr.Number(render=False)).folder
        != kept(str, [[1]], gr.Number(precision=0, render=False)).folder
    )
    assert (
        kept(str, [[1]], gr.Number(render=False)).folder
        == kept(str, [[1]], gr.Number(visible=False, render=False)).folder
    )


def test_a_value_that_contains_itself_is_supported() -> None:
    """E5."""

    def made() -> Callable[..., Any]:
        loop: list[Any] = ["hi"]
        loop.append(loop)

        def again(text: str) -> Any:
            return again if text else loop

        return again

    assert kept(made()).folder == kept(made()).folder


def test_a_pattern_and_a_builtin_have_content() -> None:
    """E5."""
    assert identity_of(re.compile("a").sub).digest() != identity_of(re.compile("b").sub).digest()
    assert identity_of("a".join).digest() != identity_of("b".join).digest()
    assert identity_of(str.upper).digest() == identity_of(str.upper).digest()


def test_results_unused_for_a_long_time_are_deleted() -> None:
    """C6: each edit of a function creates a folder."""
    one = kept(str.upper)
    one.row(0)
    used = one.folder.stat().st_mtime
    prune(CACHE_FOLDER, used + UNUSED - 10)
    assert one.folder.exists()
    prune(CACHE_FOLDER, used + UNUSED + 10)
    assert not one.folder.exists()
    assert one.row(0) == ["HI"]


def test_each_function_of_a_factory_shows_its_own_results(serve: Serve) -> None:
    """E5, program 10."""
    with gr.Blocks() as demo:
        for name in ("de", "fr"):
            given, said = gr.Textbox(), gr.Textbox()
            gr.Examples([["hi"]], [given], [said], closure(name), cache_examples=True, api_name=name)
    app = serve(demo)
    assert [app.post(f"/gradio_api/run/{name}", {"data": [0]}).json()["data"] for name in ("de", "fr")] == [
        ["de:hi"],
        ["fr:hi"],
    ]


def test_a_rendered_interface_shows_the_results_of_this_render(serve: Serve) -> None:
    """E5, program 12; C6: they are limited like the app's files, since visitors determine what they depend on."""
    folders: list[Path] = []
    with gr.Blocks() as demo:
        outer, out = gr.Textbox(), gr.Textbox()

        @gr.render(inputs=outer)
        def draw(value: str) -> None:
            def echo(text: str) -> str:
                return f"{text}/{value}"

            box = gr.Textbox(label="RI")
            made = gr.Examples(["go"], box, out, echo, cache_examples=True, api_name="kept")
            assert made.cached is not None
            folders.append(made.cached.folder)

    app = serve(demo)
    with app.socket() as page:
        for place, value in enumerate(("o1", "o2", "o1")):
            page.submit(f"r{place}", 0, [value])
            assert page.until_completed(f"r{place}")[-1]["success"]
    assert folders[0] == folders[2] != folders[1]
    assert all(folder.is_relative_to(app.context.options.rules.upload_dir) for folder in folders)
    assert [(folder / "0.json").read_text() for folder in folders[:2]] == ['["go/o1"]', '["go/o2"]']
    assert app.get(f"/gradio_api/file={folders[0] / '0.json'}").status_code == 403


def test_a_deleted_cached_file_is_created_again() -> None:
    """C6."""

    def make(text: str) -> str:
        Path("made.txt").write_text(text)
        return "made.txt"

    cached = CachedResults(make, [["hi"]], [gr.Textbox(render=False)], [gr.File(render=False)])
    [first] = cached.row(0)
    Path(first["path"]).unlink()
    [second] = cached.row(0)
    assert Path(second["path"]).read_text() == "hi"
    assert file_rules.is_file_data(second)
