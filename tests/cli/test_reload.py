"""`--reload` when a file changes, without a real process."""

from __future__ import annotations

from pathlib import Path

from holdfast.cli.reload import again, changes, watch


class Process:
    """A process that ends when it is terminated."""

    def __init__(self) -> None:
        self.status: int | None = None

    def poll(self) -> int | None:
        return self.status

    def terminate(self) -> None:
        self.status = -15

    def wait(self, _patience: float | None = None) -> int | None:
        return self.status


class World:
    """Files and processes over a number of checks. Each check runs the next step."""

    def __init__(self, *steps: str) -> None:
        self.steps = list(steps)
        self.files = {Path("app.py"): 1.0}
        self.started: list[Process] = []

    def start(self) -> Process:
        self.started.append(Process())
        return self.started[-1]

    def look(self) -> dict[Path, float]:
        return dict(self.files)

    def pause(self, _seconds: float) -> None:
        step = self.steps.pop(0) if self.steps else "ends well"
        if step == "change":
            self.files[Path("app.py")] += 1
        elif step == "fails":
            self.started[-1].status = 1
        elif step == "ends well":
            self.started[-1].status = 0

    def run(self) -> int:
        return watch(self.start, self.look, self.pause)  # type: ignore[arg-type]


def test_nothing_happens_while_nothing_changes() -> None:
    world = World("nothing", "nothing")
    assert world.run() == 0
    assert len(world.started) == 1


def test_a_change_replaces_the_process() -> None:
    world = World("change", "nothing", "change")
    world.run()
    assert [process.status for process in world.started] == [-15, -15, 0]


def test_a_program_that_failed_waits_for_the_next_change() -> None:
    world = World("fails", "nothing", "change")
    world.run()
    assert [process.status for process in world.started] == [1, 0]


def test_the_process_receives_the_command_line_without_reload_and_with_a_port() -> None:
    own = ["run", "app.py", "--reload"]
    report = Path("error.txt")
    reloads = ["--reloads", "error.txt"]
    assert again(own, ["--reload"], 7861, report) == ["run", "app.py", *reloads, "--port", "7861", "--", "--reload"]
    assert again(own, [], None, report) == ["run", "app.py", *reloads, "--"]


def test_hidden_and_installed_folders_are_not_watched(tmp_path: Path) -> None:
    for name in ("app.py", "part/more.py", ".venv/x.py", "node_modules/y.py", "notes.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("")
    assert {file.name for file in changes(tmp_path)} == {"app.py", "more.py"}
