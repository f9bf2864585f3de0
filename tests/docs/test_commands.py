"""The commands in the documentation are taken by the command line, and those that look at a store do what they say."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import holdfast as gr
from holdfast.cli.main import parser
from holdfast.launch import start

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = sorted(
    {
        (page.name, command)
        for page in PAGES
        for block in re.findall(r"^```bash\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        for command in block.splitlines()
        if command.startswith("holdfast ")
    }
    | {
        (page.name, command)
        for page in PAGES
        for command in re.findall(r"`(holdfast run [^`]*)`", page.read_text("utf-8"))
        if "FILE" not in command
    }
)
SERVED = "/0"
"""How the address of a Redis ends that is not there in this test."""
PROGRAM = """
import holdfast as gr

with gr.Blocks() as demo:
    visits = gr.State(0, scope="app", key="visits")
    notes = gr.State([], scope="user", key="notes")
"""


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_every_command_is_understood(page: str, command: str) -> None:
    parser().parse_args(shlex.split(command.replace("URL", "memory://"))[1:])


def test_examples_that_are_named_are_there() -> None:
    named = {word for _, command in COMMANDS for word in shlex.split(command) if word.startswith("examples/")}
    assert named
    assert [name for name in named if not (ROOT / name).is_file()] == []


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an app that has kept something."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(PROGRAM)
    names: dict[str, gr.Blocks | gr.State] = {}
    exec(PROGRAM, names)
    demo, visits, notes = names["demo"], names["visits"], names["notes"]
    assert isinstance(demo, gr.Blocks)
    assert isinstance(visits, gr.State)
    assert isinstance(notes, gr.State)
    start(demo, {"auth": ("ada", "lovelace")}, server_port=0, quiet=True)
    visits.set(3)
    notes.set(["oil the gears"], owner="ada")
    demo.close()
    return tmp_path


def run(command: str, folder: Path) -> str:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from holdfast.cli.main import main; raise SystemExit(main())",
            *shlex.split(command)[1:],
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_commands_on_a_store_work_in_the_order_of_the_page(shop: Path) -> None:
    page = (ROOT / "docs" / "durability.md").read_text("utf-8")
    commands = re.findall(r"^holdfast state .*$", page, re.MULTILINE)
    said = {command: run(command, shop) for command in commands if not command.endswith(SERVED)}
    assert len(said) == len(commands) - 1
    assert "visits" in said["holdfast state list"]
    assert "\n3\n" in said["holdfast state show app:app visits"]
    assert (shop / "backup.jsonl").is_file()
    assert "1 cell of 1 owner" in said["holdfast state delete --owner user:ada --dry-run"]
