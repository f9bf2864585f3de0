"""`holdfast state`: inspecting, exporting, and maintaining stored State."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from tests.redis_server import RedisServer, redis_server  # noqa: F401 -- a fixture

from holdfast import stores
from holdfast.cli.main import main
from holdfast.cli.state import output
from holdfast.clock import Clock
from holdfast.errors import StateError
from holdfast.state import CellSpec, Owners, StateEngine, StateOptions, register
from holdfast.state.codec import Keyring
from holdfast.stores import Key, Store, Write
from holdfast.testing.clock import ManualClock

KEY = "a key of at least sixteen bytes"


@dataclass
class Kept:
    """A class of a program."""

    name: str
    parts: list[int]


register(Kept, name="tests:Kept")


@cache
def cell(name: str, **options: Any) -> CellSpec:
    """Return a State, always the same one for the same arguments."""
    return CellSpec(key=name, **options)


@pytest.fixture(params=["sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Return the URL of an empty store of every durable kind, with its key in the environment."""
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'state.db'}"
        return
    server: RedisServer = request.getfixturevalue("redis_server")
    yield f"{server.url}?prefix={tmp_path.name}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the URL of an SQLite store that does not exist yet."""
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", KEY)
    monkeypatch.chdir(tmp_path)
    return f"sqlite:///{tmp_path / 'state.db'}"


def keep(url: str, values: dict[tuple[str, CellSpec], Any], clock: Clock | None = None, app: str | None = None) -> None:
    """Commit values as an app does, by session and State."""

    async def run() -> None:
        options = StateOptions(keys=Keyring.parse(KEY), manual_expiry=True, app=app)
        engine = StateEngine(stores.open(url), clock=clock, options=options)
        await engine.start()
        for spec in {spec: None for _, spec in values}:
            spec.settle(1, watched=False)
        engine.bind({spec: None for _, spec in values})
        for (session, spec), value in values.items():
            owners = Owners(session, browser=session, user=session)
            async with engine.event(owners, (), (spec,)) as event:
                await event.commit({spec: value})
        await engine.settled()
        await engine.aclose()

    asyncio.run(run())


def on(url: str, work: Callable[[Store], Any]) -> Any:
    """Access the store directly."""

    async def run() -> Any:
        store = stores.open(url)
        await store.open()
        try:
            return await work(store)
        finally:
            await store.aclose()

    return asyncio.run(run())


class Outcome:
    """The result of a command."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status = status
        self.out = out
        self.err = err

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def state(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Return a function that runs the command in this process. Programs that it executes change `sys`."""
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        status = main(["state", *arguments])
        return Outcome(status, *capsys.readouterr())

    return run


State = Callable[..., Outcome]


def test_list_shows_owners_cells_versions_and_sizes(url: str, state: State) -> None:
    cart = cell("cart")
    keep(url, {("a", cart): [1], ("b", cart): [1, 2], ("b", cell("note", scope="browser")): "hi"})
    found = state("list", "--store", url, "--json").lines
    assert sorted((one["owner"], one["name"]) for one in found) == [
        ("browser:b", "note"),
        ("session:a", "cart"),
        ("session:b", "cart"),
    ]
    assert all(one["bytes"] > 0 and one["version"] > 0 for one in found)
    assert next(one for one in found if one["owner"] == "session:a")["owner_expires"] is not None
    text = state("list", "--store", url).out
    assert "session:a  (1 cell" in text
    assert "expires in" in text
    assert text.endswith("3 owners, 3 cells in " + text.rpartition(" in ")[2])


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (["--scope", "browser"], {"note"}),
        (["--owner", "session:a"], {"cart", "size"}),
        (["--owner", "a"], {"cart", "size", "note"}),
        (["--name", "s*"], {"size"}),
        (["--owner", "nobody"], set()),
    ],
)
def test_list_filters_by_scope_owner_and_name(url: str, state: State, filters: list[str], found: set[str]) -> None:
    keep(url, {("a", cell("cart")): 1, ("a", cell("size")): 2, ("a", cell("note", scope="browser")): 3})
    assert {one["name"] for one in state("list", "--store", url, "--json", *filters).lines} == found


def test_show_decodes_a_value_with_its_type(url: str, state: State) -> None:
    value = {"kept": Kept("x", [1, 2]), 3: {4}, "pair": (1, 2)}
    keep(url, {("a", cell("cart")): value})
    shown = state("show", "session:a", "cart", "--store", url, "--json").lines[0]
    assert shown["type"] == "dict"
    assert shown["value"] == {"kept": {"name": "x", "parts": [1, 2]}, "3": [4], "pair": [1, 2]}
    text = state("show", "session:a", "--store", url).out
    assert "type dict" in text
    assert '"parts"' in text


def test_show_hides_a_secret(url: str, state: State) -> None:
    """R8.3: the value of a secret cell is not shown, and no file contains it unencrypted."""
    keep(url, {("a", cell("password", secret=True)): "correct horse"})
    shown = state("show", "session:a", "password", "--store", url, "--json").lines[0]
    assert shown["hidden"] is True
    assert "value" not in shown
    assert "correct horse" not in state("show", "session:a", "password", "--store", url).out
    state("export", "all.jsonl", "--store", url)
    assert "correct horse" not in Path("all.jsonl").read_text()


def test_show_explains_why_a_value_cannot_be_read(file: str, state: State) -> None:
    keep(file, {("a", cell("cart")): Kept("x", [])})
    on(file, lambda store: store.commit([Write(Key("session:a", "other"), 1, b"\x80\x05pickle", 0)]))
    shown = state("show", "session:a", "other", "--store", file, "--json")
    assert shown.status == 2
    assert "plain pickles are refused" in shown.lines[0]["unreadable"]
    assert "plain pickles are refused" in shown.err


def test_show_of_an_unknown_owner_or_cell_lists_the_known_ones(file: str, state: State) -> None:
    keep(file, {("a", cell("cart")): 1, ("a", cell("size")): 1})
    assert "Its cells are: cart, size." in state("show", "session:a", "card", "--store", file).err
    assert "Specify which" in state("show", "session:a", "--store", file).err
    assert "`holdfast state list`" in state("show", "session:b", "--store", file).err


def test_an_export_can_be_imported(url: str, state: State, tmp_path: Path) -> None:
    cart = cell("cart")
    keep(url, {("a", cart): [1], ("b", cart): [2], ("b", cell("note", scope="app")): Kept("y", [3])})
    assert state("export", "all.jsonl", "--store", url, "--json").lines == [{"cells": 3, "file": "all.jsonl"}]
    target = f"sqlite:///{tmp_path / 'other' / 'state.db'}"
    outcome = state("import", "all.jsonl", "--store", target, "--json")
    assert outcome.lines == [{"imported": 3, "would_import": 3, "same": 0}]
    before, after = (sorted(state("list", "--store", each, "--json").out.splitlines()) for each in (url, target))
    assert before == after
    assert state("show", "app:app", "note", "--store", target, "--json").lines[0]["value"] == {
        "name": "y",
        "parts": [3],
    }
    assert state("import", "all.jsonl", "--store", target, "--json").lines[0]["same"] == 3


def test_import_overwrites_newer_values_only_if_forced(url: str, state: State) -> None:
    cart, note = cell("cart"), cell("note")
    keep(url, {("a", cart): "old", ("a", note): "old"})
    state("export", "old.jsonl", "--store", url)
    keep(url, {("a", cart): "new"})
    newer = state("show", "session:a", "cart", "--store", url, "--json").lines[0]["version"]
    refused = state("import", "old.jsonl", "--store", url)
    assert refused.status == 2
    assert "newer values of 1 cell: 'cart' of session:a" in refused.err
    assert state("show", "session:a", "cart", "--store", url, "--json").lines[0]["value"] == "new"
    assert state("import", "old.jsonl", "--store", url, "--force").status == 0
    shown = state("show", "session:a", "cart", "--store", url, "--json").lines[0]
    assert (shown["value"], shown["version"]) == ("old", newer + 1)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda text: text.rpartition("\n{")[0], "is incomplete"),
        (lambda text: text.replace('"version":', '"version":"x","was":'), "Line 2 of all.jsonl is damaged"),
        (lambda text: text.replace('"format":1', '"format":9'), "newer release"),
        (lambda _: "hello", "is not a JSON object"),
        (lambda _: "{}\n", "is not a file written by `holdfast state export`"),
    ],
)
def test_a_damaged_export_imports_nothing(file: str, state: State, spoil: Callable[[str], str], says: str) -> None:
    keep(file, {("a", cell("cart")): 1})
    state("export", "all.jsonl", "--store", file)
    Path("all.jsonl").write_text(spoil(Path("all.jsonl").read_text()))
    state("delete", "--all", "--yes", "--store", file)
    outcome = state("import", "all.jsonl", "--store", file)
    assert outcome.status == 2
    assert says in outcome.err
    assert state("list", "--store", file, "--json").lines == []


def test_import_under_another_key_is_rejected(file: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(file, {("a", cell("cart")): 1})
    state("export", "all.jsonl", "--store", file)
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "another key of the same length")
    outcome = state("import", "all.jsonl", "--store", "sqlite:///other.db")
    assert outcome.status == 2
    assert "Set HOLDFAST_SECRET_KEY to the key of the app that they are from" in outcome.err
    assert state("list", "--store", "sqlite:///other.db", "--json").lines == []


def test_a_failed_export_leaves_the_previous_file(file: str, state: State, tmp_path: Path) -> None:
    keep(file, {("a", cell("cart")): 1})
    state("export", "all.jsonl", "--store", file)
    before = Path("all.jsonl").read_bytes()
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0" + b"damage" * 1000)
    assert state("export", "all.jsonl", "--store", f"sqlite:///{tmp_path / 'broken.db'}").status == 2
    assert Path("all.jsonl").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".all")] == []


def test_delete_asks_and_deletes_only_matching_cells(url: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    cart = cell("cart")
    keep(url, {("a", cart): 1, ("a", cell("note")): 2, ("b", cart): 3})
    assert "Specify what to delete" in state("delete", "--store", url).err
    dry = state("delete", "--owner", "session:a", "--dry-run", "--store", url, "--json").lines
    assert dry == [{"owners": 1, "cells": 2, "deleted": 0}]
    assert "Use --yes" in state("delete", "--owner", "session:a", "--store", url).err

    class Terminal:
        answer = "n\n"

        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return self.answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    refused = state("delete", "--owner", "session:a", "--store", url)
    assert "Delete 2 cells of 1 owner" in refused.err
    assert (refused.status, len(state("list", "--store", url, "--json").lines)) == (1, 3)
    Terminal.answer = "y\n"
    assert state("delete", "--owner", "session:a", "--name", "cart", "--store", url, "--json").lines[0]["deleted"] == 1
    assert state("delete", "--owner", "session:b", "--store", url).status == 0
    left = state("list", "--store", url, "--json").lines
    assert [(one["owner"], one["name"]) for one in left] == [("session:a", "note")]


def test_the_history_of_a_cell_is_deleted_with_it(url: str, state: State) -> None:
    """R10.1"""
    draft = cell("draft", history=3)
    for text in ("one", "two"):
        keep(url, {("a", draft): text, ("a", cell("note")): 1})
    assert {one["name"] for one in state("list", "--store", url, "--json").lines} == {"draft", "draft#history", "note"}
    assert state("check", "--store", url).status == 0
    assert state("delete", "--name", "draft", "--yes", "--store", url, "--json").lines[0]["deleted"] == 2
    assert [one["name"] for one in state("list", "--store", url, "--json").lines] == ["note"]


def test_long_work_shows_progress_in_a_terminal(
    file: str, state: State, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(file, {("a", cell("cart")): 1})
    del capsys
    assert "\r" not in state("check", "--store", file).err
    monkeypatch.setattr(output, "_is_terminal", lambda _: True)
    outcome = state("check", "--store", file)
    assert "\rcheck: 1 cell" in outcome.err
    assert "\r" not in outcome.out


def test_sweep_drops_expired_state(url: str, state: State) -> None:
    keep(url, {("gone", cell("cart")): 1, ("here", cell("cart")): 2, ("u", cell("note", scope="user")): 3})
    keep(url, {("u", cell("token", scope="user", time_to_live=60)): 4}, ManualClock(start=1_000.0))
    on(url, lambda store: store.touch("session:gone", 1.0))
    assert state("sweep", "--dry-run", "--store", url, "--json").lines == [{"dropped": 0, "would_drop": 2}]
    assert state("sweep", "--store", url, "--json").lines == [{"dropped": 2, "would_drop": 2}]
    left = state("list", "--store", url, "--json").lines
    assert {(one["owner"], one["name"]) for one in left} == {("session:here", "cart"), ("user:u", "note")}


def test_check_finds_damaged_cells_and_cells_set_aside(url: str, state: State) -> None:
    keep(url, {("a", cell("cart")): [1, 2, 3], ("a", cell("note")): "fine"})
    assert state("check", "--store", url).status == 0

    async def spoil(store: Store) -> None:
        found = (await store.read([Key("session:a", "cart")]))[0]
        assert found is not None
        assert found.data is not None
        spoiled = found.data[:-2] + bytes([found.data[-2] ^ 1]) + found.data[-1:]
        aside = Write(Key("aside", "session:b/cart@1"), 1, found.data)
        await store.commit([Write(Key("session:a", "cart"), 2, spoiled), aside])

    on(url, spoil)
    outcome = state("check", "--store", url, "--json")
    assert outcome.status == 1
    assert outcome.lines[-1] == {"cells": 3, "unreadable": 1, "aside": 1, "unknown_classes": 0}
    assert {line["name"] for line in outcome.lines[:-1]} == {"cart", "session:b/cart@1"}
    assert "its signature is not valid" in state("check", "--store", url).out


PROGRAM = """
    import gradio as gr
    from dataclasses import dataclass

    @dataclass
    class Cart:
        items: list

    def migrate(value, version):
        if value == "bad":
            raise ValueError("no such cart")
        return Cart([value])

    with gr.Blocks() as demo:
        cart = gr.State(None, key="cart", version=2, migrate=migrate)
        secret = gr.State(None, key="secret", secret=True)
    demo.launch()
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[str]:
    """Return a program that is newer than the stored State."""
    name = f"shop_{tmp_path.name.replace('-', '_')}"
    path = tmp_path / f"{name}.py"
    path.write_text(dedent(PROGRAM))
    before = list(sys.path)
    yield str(path)
    sys.path[:] = before
    sys.modules.pop(name, None)


def test_migrate_runs_the_programs_functions(url: str, state: State, program: str) -> None:
    """R6.3"""
    keep(url, {("a", cell("cart")): "apple", ("b", cell("cart")): "bad", ("a", cell("secret")): "s"})
    dry = state("migrate", program, "--store", url, "--dry-run", "--json").lines[-1]
    assert dry == {"migrated": 2, "copied": 0, "same": 0, "failed": 1}
    assert state("show", "session:a", "cart", "--store", url, "--json").lines[0]["value"] == "apple"
    outcome = state("migrate", program, "--store", url, "--json")
    assert outcome.status == 1
    assert outcome.lines[-1] == {"migrated": 2, "copied": 0, "same": 0, "failed": 1}
    assert "no such cart" in outcome.lines[0]["problem"]
    shown = state("show", "session:a", "cart", "--store", url, "--json").lines[0]
    assert (shown["schema"], shown["value"]) == (2, {"items": ["apple"]})
    assert state("show", "session:b", "cart", "--store", url, "--json").lines[0]["value"] == "bad"
    assert state("show", "session:a", "secret", "--store", url, "--json").lines[0]["secret"] is True
    assert state("migrate", program, "--store", url, "--json").lines[-1]["migrated"] == 0


def test_migrate_includes_the_history(url: str, state: State, program: str) -> None:
    """R6.3, R10.1: so that the function is no longer needed afterward."""
    draft = cell("draft", history=3)
    for text in ("one", "two", "three"):
        keep(url, {("a", draft): text})
    path = Path(program)
    path.write_text(
        "import holdfast as gr\n"
        "with gr.Blocks() as demo:\n"
        "    gr.State([], key='draft', history=3, version=2, migrate=lambda text, version: [text, version])\n"
    )
    assert state("migrate", program, "--store", url, "--json").lines[-1]["migrated"] == 2
    assert state("migrate", program, "--store", url, "--json").lines[-1]["migrated"] == 0
    without = cell("draft", history=3, version=2)
    without.settle(1, watched=False)

    async def undone(_: Store) -> Any:
        options = StateOptions(keys=Keyring.parse(KEY), manual_expiry=True)
        engine = StateEngine(stores.open(url), options=options)
        await engine.start()
        engine.bind([without])
        found = [await engine.move(without, Owners("a").session, "undo") for _ in range(2)]
        await engine.aclose()
        return found

    assert on(url, undone) == [["two", 1], ["one", 1]]


def test_migrate_to_another_store_leaves_this_one_unchanged(
    url: str, state: State, program: str, tmp_path: Path
) -> None:
    keep(url, {("a", cell("cart")): "apple", ("a", cell("note")): "hi"})
    target = f"sqlite:///{tmp_path / 'target.db'}"
    outcome = state("migrate", program, "--store", url, "--to", target, "--json")
    assert outcome.lines == [{"migrated": 1, "copied": 2, "same": 1, "failed": 0}]
    assert state("show", "session:a", "cart", "--store", url, "--json").lines[0]["value"] == "apple"
    assert state("show", "session:a", "cart", "--store", target, "--json").lines[0]["value"] == {"items": ["apple"]}
    assert state("check", "--store", target, "--program", program).status == 0


def test_migrate_signs_with_the_current_key(file: str, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """R6.4: after a key is replaced, `migrate` makes the old one unnecessary."""
    keep(file, {("a", cell("cart")): "apple"})
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", f"a newer key of enough bytes,{KEY}")
    assert state("migrate", "--store", file, "--to", "sqlite:///new.db").status == 0
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "a newer key of enough bytes")
    assert state("check", "--store", "sqlite:///new.db").status == 0
    assert state("check", "--store", file).status == 1


@pytest.mark.parametrize("way", ["import", "migrate"])
def test_cells_are_bound_to_the_app_of_their_store(url: str, state: State, way: str) -> None:
    """A5: from the store of an app without a name to a used one, where the cells are readable again."""
    keep(url, {("a", cell("cart")): "apple", ("a", cell("pin", secret=True)): "1234"})
    target = "sqlite:///target.db"
    keep(target, {("b", cell("cart")): "pear"}, app="shop")
    if way == "import":
        assert state("export", "all.jsonl", "--store", url).status == 0
        assert state("import", "all.jsonl", "--store", target, "--json").lines[0]["imported"] == 2
    else:
        assert state("migrate", "--store", url, "--to", target, "--json").lines[0]["copied"] == 2
    assert state("check", "--store", target).status == 0
    assert state("show", "session:a", "cart", "--store", target, "--json").lines[0]["value"] == "apple"
    keep(target, {("a", cell("cart")): "plum"}, app="shop")  # the app reads existing cells before it writes
    assert state("check", "--store", url).status == 0


@pytest.mark.parametrize("way", ["import", "migrate"])
def test_cells_are_only_written_to_an_app_with_another_name_by_force(file: str, state: State, way: str) -> None:
    """A5: they then belong to that app."""
    keep(file, {("a", cell("cart")): "apple"}, app="shop")
    keep("sqlite:///blog.db", {("b", cell("cart")): "pear"}, app="blog")
    state("export", "all.jsonl", "--store", file)
    arguments = ["import", "all.jsonl", "--store"] if way == "import" else ["migrate", "--store", file, "--to"]
    refused = state(*arguments, "sqlite:///blog.db")
    assert refused.status == 2
    assert "to the app 'shop', but sqlite:///" in refused.err
    assert "belongs to 'blog'" in refused.err
    assert state(*arguments, "sqlite:///blog.db", "--force").status == 0
    assert state("check", "--store", "sqlite:///blog.db").status == 0
    assert state("show", "session:a", "cart", "--store", "sqlite:///blog.db", "--json").lines[0]["value"] == "apple"


def test_a_new_store_is_bound_to_the_app_of_its_first_cells(file: str, state: State) -> None:
    """A5, R6.7: unless nothing is written."""
    keep(file, {("a", cell("cart")): "apple"}, app="shop")
    state("export", "all.jsonl", "--store", file)
    assert state("import", "all.jsonl", "--store", "sqlite:///new.db", "--dry-run").status == 0
    assert on("sqlite:///new.db", lambda store: store.fact("app")) is None
    assert state("import", "all.jsonl", "--store", "sqlite:///new.db").status == 0
    assert on("sqlite:///new.db", lambda store: store.fact("app")) == "shop"
    with pytest.raises(StateError, match="belongs to the app 'shop'"):
        keep("sqlite:///new.db", {("a", cell("cart")): "pear"}, app="blog")


def test_check_finds_cells_of_another_app(url: str, state: State) -> None:
    """A5, R6.7: cells copied by hand; `check` reports them and changes nothing."""
    keep(url, {("a", cell("cart")): "apple"}, app="shop")
    (record,) = on(url, lambda store: store.read([Key("session:a", "cart")]))
    keep("sqlite:///blog.db", {("b", cell("cart")): "pear"}, app="blog")
    on("sqlite:///blog.db", lambda store: store.commit([Write(Key("session:a", "cart"), 1, record.data, 0)]))
    outcome = state("check", "--store", "sqlite:///blog.db")
    assert outcome.status == 1
    assert "it belongs to another app that has the same key" in outcome.out
    (found,) = on("sqlite:///blog.db", lambda store: store.read([Key("session:a", "cart")]))
    assert found.data == record.data


def test_the_programs_classes_are_available_with_the_option_program(file: str, state: State, program: str) -> None:
    keep(file, {("a", cell("cart")): "apple"})
    state("migrate", program, "--store", file)
    name = Path(program).stem
    sys.modules.pop(name)
    plain = state("check", "--store", file, "--json")
    assert (plain.status, plain.lines[-1]["unknown_classes"]) == (0, 1)
    assert f"the class '{name}:Cart' does not exist" in state("show", "session:a", "cart", "--store", file).err
    assert state("show", "session:a", "cart", "--store", file, "--program", program).status == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["list", "--store", "mysql://x"], "'mysql://x' is not a valid store URL"),
        (["list", "--store", "memory://"], "only exists in the memory of the app"),
        (["list", "--store", "sqlite:///nowhere/state.db"], "There is no store at nowhere/state.db"),
        (["list"], "There is no store at .holdfast/state.db"),
        (["list", "--store", "redis://127.0.0.1:1/0"], "cannot be used now"),
        (["import", "nothing.jsonl", "--store", "sqlite:///new.db"], "nothing.jsonl cannot be read"),
        (["migrate", "--store", "sqlite:///new.db"], "Specify what to migrate to"),
        (["migrate", "nothing.py", "--store", "sqlite:///new.db"], "The file 'nothing.py' does not exist"),
    ],
)
def test_an_impossible_command_is_explained(file: str, state: State, arguments: list[str], says: str) -> None:
    del file
    outcome = state(*arguments)
    assert outcome.status == 2
    assert says in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_a_missing_key_and_a_newer_store_are_reported(
    file: str, state: State, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep(file, {("a", cell("cart")): 1})
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "another key of the same length")
    assert "HOLDFAST_SECRET_KEY=new,old" in state("show", "session:a", "cart", "--store", file).err
    monkeypatch.delenv("HOLDFAST_SECRET_KEY")
    outcome = state("check", "--store", file)
    assert outcome.status == 2
    assert "Set HOLDFAST_SECRET_KEY to the app's key" in outcome.err
    assert not (tmp_path / ".key").exists()
    import sqlite3

    connection = sqlite3.connect(tmp_path / "state.db")
    connection.execute("pragma user_version = 99")
    connection.close()
    assert "newer release" in state("list", "--store", file).err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_output_that_cannot_be_written_is_reported(file: str) -> None:
    keep(file, {(f"s{number}", cell("cart")): "apple" for number in range(400)})
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "holdfast", "state", "list", "--store", file],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "holdfast: The output could not be written: No space left on device.\n"
