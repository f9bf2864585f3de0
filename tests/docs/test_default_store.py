"""What `docs/durability.md` says of where State is kept when nobody says where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast as gr
from holdfast.launch import start
from holdfast.server.build import ServeOptions

Launch = Callable[..., str]


@pytest.fixture
def launch(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Launch]:
    """Launches an app with one State from an empty folder; gives the start message."""
    for name in ("HOLDFAST_STATE_STORE", "HOLDFAST_SESSION", "GRADIO_STATE_STORE", "GRADIO_SESSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    apps: list[gr.Blocks] = []

    def launch(options: ServeOptions, **state: Any) -> str:
        with gr.Blocks() as demo:
            gr.State(0, **state)
        apps.append(demo)
        start(demo, options, server_port=0)
        return capsys.readouterr().out

    yield launch
    for app in apps:
        app.close()


def test_session_state_is_kept_in_memory(launch: Launch, tmp_path: Path) -> None:
    """R6.2"""
    assert "State is kept" not in launch({})
    assert list(tmp_path.iterdir()) == []


def test_wider_state_is_kept_in_a_file_and_the_start_message_says_so(launch: Launch, tmp_path: Path) -> None:
    """R6.2"""
    assert "State is kept in sqlite:///.holdfast/test_default_store-" in launch({}, scope="app", key="count")
    (folder,) = (tmp_path / ".holdfast").glob("test_default_store-*")
    assert {path.name for path in folder.iterdir()} >= {"state.db", ".key"}


def test_the_session_of_a_tab_is_kept_in_a_file(launch: Launch, tmp_path: Path) -> None:
    """R6.2"""
    assert "State is kept in sqlite:///.holdfast/test_default_store-" in launch({"session": "tab"})
    assert list(tmp_path.glob(".holdfast/*/state.db"))


def test_a_store_that_was_chosen_is_taken(launch: Launch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """R6.2: by `launch`, else by the environment."""
    monkeypatch.setenv("HOLDFAST_STATE_STORE", "sqlite:///theirs.db")
    assert "State is kept" not in launch({"state_store": "sqlite:///mine.db"}, scope="app", key="count")
    assert (tmp_path / "mine.db").exists()
    assert not (tmp_path / "theirs.db").exists()
    launch({})
    assert (tmp_path / "theirs.db").exists()
