"""Files of an app are limited in age and total size, and belong only to that app.

C6, requirement "bound files", A4 (the folder for temporary files). Related cases: everything that writes a file because
of a client: uploads, files downloaded by URL, MCP's data URLs, arrays and PIL images of handlers (`save_bytes` without
a folder), copies of handlers' files, initial values, cached results of examples, unfinished uploads; every place that
reads a handler's path without the file rules. None of them was ever deleted, and all apps of a user shared a folder; an
SVG, and an image with a watermark, were read from any path that a handler returned.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from tests.server.conftest import Serve, Served
from tests.waiting import until, wait_until

import holdfast as gr
from holdfast.errors import BuildError, InvalidPathError, StorageFull
from holdfast.files import folders, retention
from holdfast.files import rules as file_rules
from holdfast.files.cache import save_bytes, whose
from holdfast.files.folders import FolderLock
from holdfast.files.retention import FileKeeper, Hold, Keeping
from holdfast.files.rules import FileData, FileRules
from holdfast.testing import ManualClock

KB = 1024
ROOM = retention.LEAST * 2
"""Size that a small file counts."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def keeper_of(clock: ManualClock, **options: Any) -> FileKeeper:
    return FileKeeper(Keeping(**options), clock)


def keep(keeper: FileKeeper, name: str, data: bytes | None = None) -> str:
    return save_bytes(name.encode() if data is None else data, name, directory=keeper.folder)


def there(*paths: str) -> list[bool]:
    return [Path(path).exists() for path in paths]


@pytest.mark.anyio
async def test_a_file_is_deleted_when_it_is_older_than_the_age(clock: ManualClock) -> None:
    """C6."""
    keeper = keeper_of(clock, age=60)
    old = keep(keeper, "old")
    await clock.advance(40)
    young = keep(keeper, "young")
    await clock.advance(30)
    keeper.sweep()
    assert there(old, young) == [False, True]
    assert not Path(old).parent.exists()


@pytest.mark.anyio
async def test_a_files_age_starts_at_its_last_upload_or_output(clock: ManualClock) -> None:
    """C6: files recently shown on a page are kept."""
    keeper = keeper_of(clock, age=60)
    rules = FileRules(upload_dir=keeper.folder, keeper=keeper)
    uploaded, shown, old = keep(keeper, "uploaded"), keep(keeper, "shown"), keep(keeper, "old")
    await clock.advance(50)
    keep(keeper, "uploaded")
    file_rules.publish(FileData(path=shown), rules)
    await clock.advance(20)
    keeper.sweep()
    assert there(uploaded, shown, old) == [True, True, False]


@pytest.mark.anyio
async def test_beyond_the_total_size_the_oldest_files_are_deleted_first(clock: ManualClock) -> None:
    """C6: as soon as more is written, without waiting for a sweep."""
    keeper = keeper_of(clock, total=ROOM * 10)
    paths = []
    for number in range(12):
        paths.append(keep(keeper, f"{number:02}", bytes([number]) * retention.LEAST))
        await clock.advance(1)
    keeper.sweep()
    left = there(*paths)
    assert left == sorted(left)
    assert 8 <= sum(left) <= 10


@pytest.mark.anyio
async def test_files_of_a_running_event_are_kept(clock: ManualClock) -> None:
    """C6: regardless of their age and the total size."""
    keeper = keeper_of(clock, age=60, total=ROOM * 4)
    needed, other = keep(keeper, "needed"), keep(keeper, "other")
    hold = Hold(keeper, retention.paths_in([{"path": needed}]))
    twice = Hold(keeper, [needed])
    await clock.advance(100)
    keeper.sweep()
    assert there(needed, other) == [True, False]
    twice.release()
    keeper.sweep()
    assert there(needed) == [True]
    hold.release()
    keeper.sweep()
    assert there(needed) == [False]


def test_a_visitors_files_do_not_evict_others(clock: ManualClock) -> None:
    """C6, R4.6: the files that a visitor causes are limited: the visitor's own oldest files are deleted."""
    keeper = keeper_of(clock, per_visitor=ROOM * 5)
    whose.set("ann")
    hers = [keep(keeper, f"ann{number}") for number in range(3)]
    shared = keep(keeper, "shared")
    whose.set("bob")
    assert keep(keeper, "shared") == shared
    his = [keep(keeper, f"bob{number:02}", bytes([number]) * retention.LEAST) for number in range(20)]
    assert all(there(*hers, shared))
    left = there(*his)
    assert left == sorted(left)
    assert 3 <= sum(left) <= 5
    holds = Hold(keeper, [path for path in his if Path(path).exists()])
    with pytest.raises(StorageFull, match="per visitor"):
        keep(keeper, "large", b"x" * ROOM * 5)
    holds.release()
    keep(keeper, "medium", b"x" * ROOM * 2)
    assert sum(there(*his)) < sum(left)
    for path in his:
        Path(path).unlink(missing_ok=True)
    keep(keeper, "other", b"y" * ROOM * 2)
    whose.set("")


def test_uploads_and_results_count_for_the_visitor(serve: Serve) -> None:
    """C6, R4.6: also files that a function creates for a visitor; another visitor's files are kept."""
    with gr.Blocks() as demo:
        number, out = gr.Number(precision=0), gr.File()

        def make(number: int) -> str:
            path = Path(tempfile.mkdtemp()) / f"{number}.bin"
            path.write_bytes(bytes([number]) * 100 * KB)
            return str(path)

        gr.Button().click(make, number, out, api_name="make")
    served = serve(demo, auth=[("ann", "a"), ("bob", "b")], limits={"visitor_file_bytes": 1000 * KB})

    def log_in(name: str) -> None:
        served.http.cookies.clear()
        answer = served.http.post("/login", data={"username": name, "password": name[0]})
        assert answer.status_code == 200

    def made(number: int) -> str:
        path: str = served.post("/gradio_api/run/make", {"data": [number]}).json()["data"][0]["path"]
        return path

    log_in("ann")
    hers = made(100)
    log_in("bob")
    first = made(0)
    uploaded = [
        served.http.post("/gradio_api/upload", files={"files": (f"{n}.bin", bytes([n]) * 150 * KB)}) for n in range(9)
    ]
    assert {answer.status_code for answer in uploaded} == {200}
    assert there(hers, first) == [True, False]
    kept = there(*(answer.json()[0] for answer in uploaded))
    assert kept == sorted(kept)
    assert 3 <= sum(kept) <= 6
    large = served.http.post("/gradio_api/upload", files={"files": ("large.bin", b"x" * 2000 * KB)})
    assert large.status_code == 507
    assert Path(hers).exists()


def test_deeply_nested_files_are_found() -> None:
    """C6: a deeply nested value must not cause an error when the event is accepted."""
    deep: Any = {"path": "a", "more": {"path": "b"}}
    for _ in range(5000):
        deep = [deep, 1, "text", None]
    assert sorted(retention.paths_in(deep)) == ["a", "b"]
    assert list(retention.paths_in({"path": 5})) == list(retention.paths_in({"path": "a\0"})) == []


def test_without_room_a_file_is_rejected_and_leaves_nothing(clock: ManualClock) -> None:
    """C6: the total size is a limit even if nothing can be deleted."""
    keeper = keeper_of(clock, total=ROOM * 4)
    hold = Hold(keeper, [keep(keeper, str(number)) for number in range(3)])
    with pytest.raises(StorageFull, match=r"There is no room for more files: .* Try again later"):
        keep(keeper, "large", b"x" * (ROOM + retention.LEAST))
    assert sum(path.is_file() for path in keeper.folder.rglob("*")) == 3
    hold.release()
    keep(keeper, "small")


@pytest.mark.anyio
async def test_unfinished_uploads_are_deleted_after_an_hour(clock: ManualClock) -> None:
    """C6: from a process that was killed during an upload."""
    keeper = keeper_of(clock)
    keep(keeper, "a")
    part = keeper.folder / ".part-abc"
    part.write_bytes(b"half")
    os.utime(part, (clock.time(), clock.time()))
    keeper.sweep()
    assert part.exists()
    await clock.advance(retention.ABANDONED + 1)
    keeper.sweep()
    assert not part.exists()


@pytest.mark.anyio
async def test_sweeps_run_at_the_given_frequency_and_never_on_the_loop(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C6: `delete_cache=(frequency, age)`."""
    keeper = keeper_of(clock, frequency=10)
    swept: list[bool] = []
    monkeypatch.setattr(keeper, "sweep", lambda: swept.append(threading.current_thread() is threading.main_thread()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keeper.run)
        for count in (1, 2, 3):
            await until(lambda: len(swept) >= count and clock.sleepers)  # noqa: B023 -- called before the next count
            await clock.advance(10)
        tasks.cancel_scope.cancel()
    assert swept[:3] == [False] * 3
    keeper.close()


@pytest.mark.anyio
async def test_a_failed_sweep_does_not_end_the_sweeps(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """C6."""
    keeper = keeper_of(clock, frequency=10)
    swept: list[int] = []

    def fails() -> None:
        swept.append(1)
        raise RuntimeError("such as a disk that is gone")

    monkeypatch.setattr(keeper, "sweep", fails)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keeper.run)
        await until(lambda: clock.sleepers)
        await clock.advance(10)
        await until(lambda: len(swept) == 2 and clock.sleepers)
        tasks.cancel_scope.cancel()
    assert "the next sweep will retry" in caplog.text
    keeper.close()


def upload(app: Served, name: str, content: bytes = b"x") -> Any:
    return app.http.post("/gradio_api/upload", files=[("files", (name, content))])


def status(app: Served, path: str) -> int:
    return int(app.get(f"/gradio_api/file={path}").status_code)


def echo(**options: Any) -> gr.Blocks:
    with gr.Blocks(**options) as demo:
        file, out = gr.File(), gr.File()
        gr.Button().click(lambda path: path, file, out, api_name="same")
    return demo


def test_an_upload_is_deleted_when_it_expires(serve: Serve) -> None:
    """C6: in a running app."""
    app = serve(echo(delete_cache=(0.05, 0.2)))
    [path] = upload(app, "a.txt").json()
    wait_until(lambda: not Path(path).exists())
    assert status(app, path) == 403
    answer = app.post("/gradio_api/run/same", {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]})
    assert "Upload it again" in answer.text


def test_at_shutdown_delete_cache_deletes_all_files(serve: Serve) -> None:
    """C6: as in Gradio, including those of initial values."""
    Path("start.txt").write_text("start")
    with gr.Blocks(delete_cache=(3600, 3600)) as demo:
        gr.File("start.txt")
    app = serve(demo)
    [path] = upload(app, "a.txt").json()
    folder = Path(path).parents[1]
    assert len(list(folder.iterdir())) == 2
    demo.close()
    assert not folder.exists()


def test_without_delete_cache_files_are_kept_for_the_next_start(serve: Serve) -> None:
    """C6: a page with `session="tab"` still shows them; the same program uses the same folder."""
    first = serve(echo())
    [path] = upload(first, "a.txt").json()
    first.demo.close()
    second = serve(echo())
    assert status(second, path) == 200


def test_files_used_by_another_process_of_the_program_are_kept_at_shutdown(serve: Serve) -> None:
    """C6: several processes serve an app."""
    demo = echo(delete_cache=(3600, 3600))
    app = serve(demo)
    [path] = upload(app, "a.txt").json()
    code = (
        "import sys, pathlib; from holdfast.files.folders import FolderLock\n"
        "lock = FolderLock(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(Path(path).parents[1])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2] / "src",
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        demo.close()
        assert Path(path).exists()
        other.communicate("")


def test_two_apps_of_one_process_have_separate_folders(serve: Serve, cache: Path) -> None:
    """C6: an app does not serve files given to another app, whatever it allows."""
    first, second = serve(echo()), serve(echo(), allowed_paths=[str(cache), "/tmp"])
    [path] = upload(first, "a.txt").json()
    [other] = upload(second, "a.txt").json()
    assert Path(path).parents[1] != Path(other).parents[1]
    assert (status(first, path), status(second, path)) == (200, 403)
    data = {"path": path, "meta": {"_type": "gradio.FileData"}}
    assert first.post("/gradio_api/run/same", {"data": [data]}).status_code == 200
    assert second.post("/gradio_api/run/same", {"data": [data]}).status_code >= 400


def test_a_handler_cannot_publish_a_file_of_another_app(serve: Serve) -> None:
    """C6: both are in the folder for temporary files, whose files can be shown."""
    with gr.Blocks() as demo:
        text, out = gr.Textbox(), gr.File()
        gr.Button().click(lambda path: path, text, out, api_name="give")
    first, second = serve(echo()), serve(demo)
    [path] = upload(first, "a.txt").json()
    assert second.post("/gradio_api/run/give", {"data": [path]}).status_code >= 400


def test_two_programs_have_separate_folders(tmp_path: Path, cache: Path) -> None:
    """C6: in one working directory."""
    code = "from holdfast.files.retention import *; from holdfast.clock import SystemClock\n"
    found = []
    for name in ("a.py", "b.py", "a.py"):
        (tmp_path / name).write_text(code + "print(FileKeeper(Keeping(), SystemClock()).folder)")
        run = subprocess.run([sys.executable, name], capture_output=True, text=True, check=True, timeout=60)
        found.append(run.stdout)
    assert found[0] == found[2] != found[1]


@pytest.mark.anyio
async def test_an_unused_folder_is_deleted_when_its_files_have_expired(clock: ManualClock) -> None:
    """C6: a program that is no longer used."""
    keeper = keeper_of(clock, age=60)
    abandoned, used, young = (keeper.folder.with_name(name) for name in ("abandoned", "used", "young"))
    for folder in (abandoned, used, young):
        path = save_bytes(b"x", "x", directory=folder)
        os.utime(path, (clock.time(), clock.time() + (50 if folder is young else 0)))
    lock = FolderLock(used)
    await clock.advance(100)
    keeper.sweep_others()
    assert [folder.exists() for folder in (abandoned, used, young)] == [False, True, True]
    lock.close()


def test_files_of_initial_values_are_kept_while_the_app_runs(serve: Serve) -> None:
    """C6."""
    Path("start.txt").write_text("start")
    with gr.Blocks(delete_cache=(0.05, 0.1)) as demo:
        gr.File("start.txt")
    app = serve(demo)
    [path] = upload(app, "a.txt").json()
    [shown] = [c["props"]["value"] for c in app.get("/config").json()["components"] if c["type"] == "file"]
    wait_until(lambda: not Path(path).exists())
    assert status(app, shown["path"]) == 200


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_running_events_input_and_output_files_are_kept(serve: Serve, gate: threading.Event) -> None:
    """C6: regardless of how long it runs."""
    seen: list[list[str]] = []

    def slow(path: str) -> Iterator[str]:
        made = Path("made.txt")
        made.write_text("made")
        yield str(made)
        gate.wait(20)
        seen.append([Path(path).read_text()])
        yield path

    with gr.Blocks(delete_cache=(0.05, 0.1)) as demo:
        file, out = gr.File(), gr.File()
        gr.Button().click(slow, file, out)
    app = serve(demo)
    [path], [other] = upload(app, "a.txt", b"given").json(), upload(app, "b.txt").json()
    app.join(0, [{"path": path, "meta": {"_type": "gradio.FileData"}}], "s")
    steps = app.follow("s")
    made = next(m["output"]["data"][0]["path"] for m in steps if m["msg"] == "process_generating")
    wait_until(lambda: not Path(other).exists())
    assert there(path, made) == [True, True]
    gate.set()
    assert [m["success"] for m in steps if m["msg"] == "process_completed"] == [True]
    assert seen == [["given"]]
    wait_until(lambda: there(path, made) == [False, False])


def test_an_upload_without_room_is_a_507(serve: Serve, gate: threading.Event) -> None:
    """C6: when all files belong to running events."""
    with gr.Blocks() as demo:
        file, out = gr.File(), gr.Textbox()
        gr.Button().click(lambda path: str(gate.wait(20)), file, out)
    app = serve(demo, limits={"file_bytes": 123 * KB})
    [path] = upload(app, "a.txt", b"x" * 60 * KB).json()
    app.join(0, [{"path": path, "meta": {"_type": "gradio.FileData"}}], "s")
    refused = upload(app, "b.txt", b"y" * 60 * KB)
    assert refused.status_code == 507
    assert "no room" in refused.json()["detail"]
    gate.set()
    app.messages("s")
    wait_until(lambda: upload(app, "b.txt", b"y" * 60 * KB).status_code == 200)
    assert not Path(path).exists()


def test_an_image_created_by_a_handler_is_in_its_apps_folder(serve: Serve) -> None:
    """C6: written by the component, which does not know the app."""
    np = pytest.importorskip("numpy")
    with gr.Blocks() as demo:
        out = gr.Image()
        gr.Button().click(lambda: np.zeros((4, 4, 3), np.uint8), None, out, api_name="make")
    app = serve(demo)
    [made] = app.post("/gradio_api/run/make", {"data": []}).json()["data"]
    assert Path(made["path"]).is_relative_to(app.context.options.rules.upload_dir)


def test_a_file_of_an_examples_cached_result_is_served_by_its_app(serve: Serve) -> None:
    """C6, A4: through a copy among the app's files."""

    def make(text: str) -> str:
        made = Path(f"{text}.txt")
        made.write_text(text)
        return str(made)

    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.File()
        gr.Examples(["hello"], box, out, make, cache_examples=True, api_name="kept")
    app = serve(demo)
    [result] = app.post("/gradio_api/run/kept", {"data": [0]}).json()["data"]
    assert app.http.get(result["url"]).text == "hello"
    assert Path(result["path"]).is_relative_to(app.context.options.rules.upload_dir)


@pytest.mark.parametrize("watermark", [None, "mark.png"])
def test_an_image_is_not_read_from_a_path_that_must_not_be_shown(serve: Serve, watermark: str | None) -> None:
    """A4: a path from a visitor."""
    pil = pytest.importorskip("PIL.Image")
    pil.new("RGB", (4, 4)).save("mark.png")
    name = "secret.png" if watermark else "secret.svg"
    Path(".hidden").mkdir()
    pil.new("RGB", (4, 4)).save(".hidden/secret.png")
    Path(".hidden/secret.svg").write_text("<svg>secret</svg>")
    with gr.Blocks() as demo:
        text, out = gr.Textbox(), gr.Image(watermark=watermark)
        gr.Button().click(lambda path: path, text, out, api_name="give")
    answer = serve(demo).post("/gradio_api/run/give", {"data": [f".hidden/{name}"]})
    assert answer.status_code >= 400
    assert "secret%3C" not in answer.text


def test_outside_an_event_the_path_comes_from_the_author() -> None:
    """A4."""
    file_rules.check_local("/etc/hostname")
    with gr.Blocks():
        Path("logo.svg").write_text("<svg/>")
        gr.Image("logo.svg")
    file_rules.serving.set(FileRules())
    with pytest.raises(InvalidPathError):
        file_rules.check_local("/etc/hostname")
    file_rules.serving.set(None)


def test_a_temporary_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4: that user could read and change its content."""
    monkeypatch.delenv("HOLDFAST_TEMP_DIR")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(folders, "_instead", {})
    foreseen = tmp_path / f"holdfast-{os.getuid()}"
    foreseen.mkdir()
    monkeypatch.setattr("holdfast.files.private.is_mine", lambda found: found.st_ino != foreseen.stat().st_ino)
    with pytest.warns(UserWarning, match=r"Another user of this machine has made .*Remove .*or set HOLDFAST_TEMP_DIR"):
        used = folders.root()
    assert not used.is_relative_to(foreseen)
    assert folders.root() == used
    assert used.parent.stat().st_mode & 0o077 == 0


def test_a_link_in_place_of_the_temporary_folder_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A4."""
    monkeypatch.delenv("HOLDFAST_TEMP_DIR")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(folders, "_instead", {})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"holdfast-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.warns(UserWarning, match="Another user"):
        assert not folders.root().is_relative_to(tmp_path / "elsewhere")


def test_a_chosen_folder_of_another_user_is_rejected(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4."""
    monkeypatch.setattr("holdfast.files.private.stranger", lambda path: 4321 if path == cache else None)
    with pytest.raises(BuildError, match=r"HOLDFAST_TEMP_DIR=.* belongs to another user \(uid 4321\)"):
        folders.root()


def test_files_and_their_folders_are_only_accessible_to_their_owner(serve: Serve) -> None:
    """A4."""
    before = os.umask(0)
    try:
        app = serve(echo())
        [path] = upload(app, "a.txt").json()
    finally:
        os.umask(before)
    places = [Path(path), *Path(path).parents[:4]]
    assert [place.stat().st_mode & 0o777 for place in places] == [0o600, *[0o700] * 4]
