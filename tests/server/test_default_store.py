"""D9: each program in a folder has its own store, and adopts the one that release 0.1.0 shared among all.

D9: related cases: other files below `.holdfast` that programs share (the key, the lanes, cached examples). The key was
affected, with which a program could open what another one had stored.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from tests.torture.processes import ENVIRONMENT

from holdfast.server.default_store import default_store, is_default, known_stores

OWN = {name: value for name, value in ENVIRONMENT.items() if "SECRET_KEY" not in name}
PROGRAM = """
import asyncio, sys
import holdfast as gr
from holdfast.launch import start

with gr.Blocks() as demo:
    state = gr.State({initial}, scope="app", key="data")
    gr.Button().click(lambda value: value, state, state)

_, address, _ = demo.launch(prevent_thread_lock=True, server_port=0, quiet=True)
state.update(lambda value: value + {more})
print(state.get())
demo.close()
"""


def run(folder: Path, name: str, initial: str, more: str) -> subprocess.CompletedProcess[str]:
    (folder / name).write_text(PROGRAM.format(initial=initial, more=more))
    return subprocess.run(
        [sys.executable, name], cwd=folder, env=OWN, capture_output=True, text=True, timeout=120, check=False
    )


def test_two_programs_in_one_folder_share_no_data(tmp_path: Path) -> None:
    """D9: neither their values nor their keys, and each finds its own again."""
    assert run(tmp_path, "one.py", "[]", "[1]").stdout == "[1]\n"
    assert run(tmp_path, "two.py", "''", "'x'").stdout == "x\n"
    assert run(tmp_path, "one.py", "[]", "[2]").stdout == "[1, 2]\n"
    keys = {path.read_text() for path in tmp_path.glob(".holdfast/*/.key")}
    assert len(keys) == 2


def test_the_store_of_an_older_release_moves_to_the_first_program(tmp_path: Path) -> None:
    """D9: with the key that opens it; the next program starts with its own store."""
    assert run(tmp_path, "one.py", "[]", "[1]").stdout == "[1]\n"
    (new,) = tmp_path.glob(".holdfast/*/state.db")
    for path in list(new.parent.iterdir()):
        path.rename(tmp_path / ".holdfast" / path.name)
    (tmp_path / ".holdfast" / ".key").rename(tmp_path / ".holdfast" / "key")
    new.parent.rmdir()
    done = run(tmp_path, "one.py", "[]", "[2]")
    assert done.stdout == "[1, 2]\n", done.stderr
    assert not (tmp_path / ".holdfast" / "state.db").exists()
    assert "now belongs to this program" in done.stderr
    assert run(tmp_path, "two.py", "[]", "[5]").stdout == "[5]\n"


def test_a_store_of_an_older_release_that_is_in_use_is_left(tmp_path: Path) -> None:
    """D9: a message explains what to do."""
    (tmp_path / ".holdfast").mkdir()
    connection = sqlite3.connect(tmp_path / ".holdfast" / "state.db", isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table cells (owner text)")
    connection.execute("begin")
    connection.execute("select * from cells").fetchall()
    done = run(tmp_path, "one.py", "[]", "[1]")
    assert "is in use by another process" in done.stderr
    assert (tmp_path / ".holdfast" / "state.db").exists()
    connection.close()


def test_the_name_is_derived_from_the_programs_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D9: relative to the working directory, so that the folder can be moved; any name results in a valid one."""
    urls = []
    for folder in ("here", "there"):
        (tmp_path / folder / "sub").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / folder)
        urls.append([default_store(Path(name)) for name in ("app.py", "sub/app.py", "ä b.py")] + [default_store(None)])
    assert urls[0] == urls[1]
    assert len(set(urls[0])) == 4
    assert all(map(is_default, urls[0]))
    assert known_stores() == []
    for url in urls[0][:2]:
        path = Path(url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True)
        path.touch()
    assert sorted(known_stores()) == sorted(urls[0][:2])


TWO = """
import holdfast as gr
from holdfast.errors import BuildError

def app(key, state=None):
    with gr.Blocks() as demo:
        state = state or gr.State(0, scope="app", key=key)
        if state.parent is None:
            state.render()
        gr.Button().click(lambda value: value, state, state)
    return demo

def start(demo, **options):
    try:
        demo.launch(prevent_thread_lock=True, server_port=0, quiet=True, **options)
    except BuildError as error:
        print(error)
    else:
        print("started")

one, two = app("data"), app("data")
start(one)
start(two)
start(app("other"))
start(two, state_store="memory://")
one.close()
start(app("data"))
"""


def test_two_apps_of_one_program_share_no_data(tmp_path: Path) -> None:
    """D9: a related case: they share a store unless the author chooses; the second one's error explains what to do."""
    (tmp_path / "two.py").write_text(TWO)
    done = subprocess.run(
        [sys.executable, "two.py"], cwd=tmp_path, env=OWN, capture_output=True, text=True, timeout=120, check=False
    )
    first, refused, *others = done.stdout.splitlines()
    assert first == "started", done.stderr
    assert "Two apps of this program keep State in sqlite:///.holdfast/two-" in refused
    assert "state_store" in refused
    assert others == ["started"] * 3
