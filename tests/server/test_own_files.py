"""The framework's own files are never served, and files from allowed folders cannot act as the app.

A4: related cases: every file that the framework writes or receives (store with -wal, -shm, -journal, and -lanes, key in
its new and its old place, TLS key and certificate, cached results of examples, flagged samples, the default folder);
every way out (the file route, a handler's path, an icon or another property with a file, a client's own path as input,
MCP results, which use `FileRules` too); every other name of such a file (relative path, symlink, hard link, a folder
that is a link). All of these were affected, because only the author's `blocked_paths` took precedence over the allow
rules; folders and tables were created with the umask of the process; flagged files were copied with the permissions of
their source.
A6: related cases: every folder that can contain the cache (`allowed_paths`, `set_static_paths`), every type that runs
scripts (HTML, XHTML, SVG, XML). All of them were shown inline on the app's origin.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.server.apps import counter
from tests.server.conftest import Serve, Served

import holdfast as gr
from holdfast import launch, stores
from holdfast.apps.examples_cache import CACHE_FOLDER, CachedResults
from holdfast.errors import BuildError, StateError
from holdfast.files import private
from holdfast.files import rules as file_rules
from holdfast.state.codec import Keyring
from holdfast.stores import StoreUnavailableError
from holdfast.stores.sqlite.database import prepare

SECRET = "ab" * 32


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(private, "_guarded", set())
    monkeypatch.setattr(file_rules, "_static", [])
    return tmp_path


def shared() -> gr.Blocks:
    """An app with a persistent State, and a function that returns the file of any path."""
    with gr.Blocks() as demo:
        count = gr.State(0, scope="app", key="count")
        path, out = gr.Textbox(), gr.File()
        gr.Button().click(lambda n: n + 1, count, count, api_name="add")
        gr.Button().click(lambda name: name, path, out, api_name="give")
    return demo


def status(app: Served, path: object) -> int:
    return int(app.get(f"/gradio_api/file={path}").status_code)


def given(app: Served, path: object) -> Any:
    return app.post("/gradio_api/run/give", {"data": [str(path)]})


OWN = ["x.db", "x.db-wal", "x.db-shm", "x.db-lanes", ".key"]


@pytest.mark.parametrize("name", OWN)
def test_the_store_and_its_key_are_not_served_whatever_is_allowed(serve: Serve, here: Path, name: str) -> None:
    """A4, R6.9."""
    app = serve(shared(), state_store="sqlite:///x.db", allowed_paths=[".", str(here / name)])
    assert app.post("/gradio_api/run/add", {"data": [None]}).status_code == 200
    assert (here / name).is_file()
    (here / "soft.txt").symlink_to(here / name)
    (here / "hard.txt").hardlink_to(here / name)
    (here / "free.txt").write_text("free")
    for path in (name, here / name, "soft.txt", "hard.txt", f"cache%2f..%2f{name}"):
        assert status(app, path) in {403, 404}, path
    for path in (name, here / name, "soft.txt", "hard.txt", f"cache/../{name}"):
        assert given(app, path).status_code >= 400, path
    assert status(app, "free.txt") == 200
    assert given(app, "free.txt").status_code == 200


def test_the_default_folder_is_not_served(serve: Serve, here: Path) -> None:
    """A4: if no store was chosen."""
    gr.set_static_paths(here)
    app = serve(shared(), allowed_paths=[".", ".holdfast"])
    assert app.post("/gradio_api/run/add", {"data": [None]}).status_code == 200
    (here / "way").symlink_to(here / ".holdfast")
    found = [path for path in (here / ".holdfast").rglob("*") if path.is_file()]
    assert {"state.db", ".key"} <= {path.name for path in found}
    for path in found:
        assert status(app, path) == 403
        assert status(app, f"way/{path.relative_to(here / '.holdfast')}") == 403


def test_a_journal_is_not_served_either(serve: Serve, here: Path) -> None:
    """A4: it only exists while another program writes to the store."""
    app = serve(shared(), state_store="sqlite:///x.db", allowed_paths=["."])
    (here / "x.db-journal").write_text("pages")
    assert status(app, "x.db-journal") == 403


def test_an_old_key_is_not_served(serve: Serve, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4: it may still open older data."""
    (here / ".key").write_text(SECRET)
    monkeypatch.setenv("HOLDFAST_SECRET_KEY", "another key of enough bytes")
    app = serve(shared(), state_store="sqlite:///x.db", allowed_paths=["."])
    assert status(app, ".key") == 403


def test_a_client_cannot_use_private_files_as_input(serve: Serve, here: Path) -> None:
    """A4: allowed files can be inputs too."""
    with gr.Blocks() as demo:
        count = gr.State(0, scope="app", key="count")
        file, out = gr.File(), gr.Textbox()
        gr.Button().click(lambda n: n, count, count)
        gr.Button().click(lambda path: Path(path).read_text(), file, out, api_name="read")
    app = serve(demo, state_store="sqlite:///x.db", allowed_paths=["."])
    payload = {"path": str(here / ".key"), "meta": {"_type": "gradio.FileData"}}
    answer = app.post("/gradio_api/run/read", {"data": [payload]})
    assert answer.status_code >= 400
    assert (here / ".key").read_text() not in answer.text


def test_an_icon_cannot_be_a_private_file(here: Path) -> None:
    """A4: the same rule applies to properties with files."""
    (here / ".holdfast").mkdir()
    (here / ".holdfast" / "icon.png").write_text("x")
    with gr.Blocks() as demo:
        gr.Button(icon=".holdfast/icon.png")
    with pytest.raises(BuildError, match="cannot use its initial value"):
        launch.start(demo, {"allowed_paths": ["."]}, server_port=0, quiet=True)


def test_the_files_of_tls_are_not_served(here: Path) -> None:
    """A4."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run(command.split(), check=True, capture_output=True, cwd=here, timeout=60)
    launch.certificate_of({"ssl_keyfile": "tls.pem", "ssl_certfile": "cert.pem"})
    rules = file_rules.FileRules(allowed_paths=(".",))
    assert [rules.may_serve(name) for name in ("tls.pem", "cert.pem")] == [None, None]


def test_the_files_of_tls_to_a_store_are_not_served(here: Path) -> None:
    """A4: named in the store's URL."""
    pytest.importorskip("redis")
    (here / "tls.pem").write_text("key")
    stores.open("rediss://localhost:1/0?ssl_keyfile=tls.pem")
    assert file_rules.FileRules(allowed_paths=(".",)).may_serve("tls.pem") is None


def test_cached_results_of_examples_are_not_served(here: Path) -> None:
    """A4: except through the app that owns them."""
    cached = CachedResults(lambda text: text, [["a"]], [gr.Textbox(render=False)], [gr.Textbox(render=False)])
    cached.row(0)
    (here / "hard.json").hardlink_to(cached.folder / "0.json")
    rules = file_rules.FileRules(allowed_paths=(".", str(CACHE_FOLDER)))
    assert rules.may_serve(cached.folder / "0.json") is None
    assert rules.may_serve("hard.json") is None
    assert stat.S_IMODE(cached.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((cached.folder / "0.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("folder", [".gradio/flagged", "flagged"])
def test_flagged_samples_are_not_served(serve: Serve, here: Path, folder: str) -> None:
    """A4."""
    app = serve(gr.Interface(str.upper, "text", "text", flagging_dir=folder), allowed_paths=["."])
    name = next(li.api_name for li in app.demo.spec.listeners.values() if li.fn and li.fn.__name__ == "Flag")
    answer = app.post(f"/gradio_api/run/{name}", {"data": ["a", "A"]})
    assert answer.status_code == 200, answer.text
    [table] = (here / folder).glob("*.csv")
    (here / "hard.csv").hardlink_to(table)
    assert (status(app, table), status(app, "hard.csv")) == (403, 403)
    assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert stat.S_IMODE((here / folder).stat().st_mode) == 0o700


def test_flagging_into_the_working_directory_blocks_only_the_tables(here: Path) -> None:
    """A4: the rest of the folder belongs to the author."""
    gr.Interface(str.upper, "text", "text", flagging_dir=".")
    for name in ("dataset1.csv", "log.csv", "mine.csv"):
        (here / name).write_text("x")
    rules = file_rules.FileRules(allowed_paths=(".",))
    assert [rules.may_serve(name) for name in ("dataset1.csv", "log.csv", "mine.csv")] == [None, None, "inline"]


def test_a_cache_below_a_private_folder_is_served(serve: Serve, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4: the author chose it, and uploads do not belong to the framework."""
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(here / ".holdfast" / "files"))
    app = serve(shared())
    [path] = app.http.post("/gradio_api/upload", files=[("files", ("a.txt", b"x"))]).json()
    assert status(app, path) == 200


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())}


def test_the_frameworks_files_are_only_accessible_to_their_owner(serve: Serve, here: Path) -> None:
    """A4: regardless of the process's umask."""
    before = os.umask(0)
    try:
        app = serve(shared(), state_store="sqlite:///deep/down/x.db")
        assert app.post("/gradio_api/run/add", {"data": [None]}).status_code == 200
    finally:
        os.umask(before)
    assert modes(here / "deep" / "down") == {"down": 0o700, **dict.fromkeys(OWN, 0o600)}
    assert stat.S_IMODE((here / "deep").stat().st_mode) == 0o700


def test_files_of_an_older_release_are_closed_to_others(serve: Serve, here: Path) -> None:
    """A4."""
    folder = here / ".holdfast"
    folder.mkdir(0o755)
    with closing(sqlite3.connect(folder / "state.db")) as made:
        made.execute("pragma journal_mode = wal")
    (folder / "state.db").chmod(0o644)
    (folder / "key").write_text(SECRET)
    (folder / "key").chmod(0o644)
    serve(shared())
    (own,) = folder.glob("*/state.db")
    found = {**modes(own.parent), **modes(folder)}
    assert found.pop(".holdfast") == found.pop(own.parent.name) == 0o700
    assert found.pop(".gitignore") & 0o600
    assert set(found.values()) == {0o600}


def test_an_older_key_is_renamed_and_remains_the_same_key(here: Path) -> None:
    """A4: data that it has signed must remain readable."""
    (here / "key").write_text(SECRET)
    found = Keyring.kept_in(here / ".key")
    assert found.current == Keyring([SECRET]).current
    assert not (here / "key").exists()
    assert Keyring.kept_in(here / ".key").current == found.current


def test_an_older_key_written_by_hand_is_used_and_kept(here: Path) -> None:
    """A4: it may belong to another program too."""
    (here / "key").write_text("a key that I have chosen")
    assert Keyring.kept_in(here / ".key").current == Keyring(["a key that I have chosen"]).current
    assert (here / "key").read_text() == "a key that I have chosen"
    assert file_rules.FileRules(allowed_paths=(".",)).may_serve("key") is None


def test_an_unrelated_file_named_key_is_not_changed(here: Path) -> None:
    """A4."""
    text = "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnop\n-----END PRIVATE KEY-----\n"
    (here / "key").write_text(text)
    Keyring.kept_in(here / ".key")
    assert (here / "key").read_text() == text
    assert "BEGIN" not in (here / ".key").read_text()


class Owned:
    """Makes files appear to belong to another user, because only the superuser could change their owner."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
        whole = Path.stat

        def look(path: Path, **options: Any) -> os.stat_result:
            found = whole(path, **options)
            return os.stat_result((*found[:4], 4321, *found[5:])) if path.absolute() in paths else found

        monkeypatch.setattr(Path, "stat", look)


def test_a_key_of_another_user_is_rejected(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4: that user could sign State with it."""
    (here / ".key").write_text(SECRET)
    Owned(monkeypatch, here / ".key")
    with pytest.raises(StateError, match=r"belongs to another user \(uid 4321\).*chown, or set HOLDFAST_SECRET_KEY"):
        Keyring.kept_in(here / ".key")


def test_a_store_of_another_user_is_rejected(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4."""
    (here / "x.db").write_bytes(b"")
    Owned(monkeypatch, here / "x.db")
    with pytest.raises(StoreUnavailableError, match=r"belongs to another user \(uid 4321\).*Choose another path"):
        prepare(here / "x.db", "NORMAL")


def test_a_default_folder_of_another_user_is_rejected(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4."""
    (here / ".holdfast").mkdir()
    Owned(monkeypatch, here / ".holdfast")
    with pytest.raises(BuildError, match=r"belongs to another user \(uid 4321\)"):
        launch.start(shared(), {}, server_port=0, quiet=True)


def test_files_of_their_folders_owner_are_trusted(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A4: a folder of the host in a container."""
    (here / ".key").write_text(SECRET)
    Owned(monkeypatch, here / ".key", here)
    assert private.stranger(here / ".key") is None
    here.chmod(0o1777)
    assert private.stranger(here / ".key") == 4321


ACTIVE = ["page.html", "page.xhtml", "image.svg", "data.xml"]


@pytest.mark.parametrize("name", ACTIVE)
@pytest.mark.parametrize("how", ["allowed", "static"])
def test_an_upload_is_never_shown_inline_even_if_the_cache_is_allowed(
    serve: Serve, here: Path, name: str, how: str
) -> None:
    """A6."""
    if how == "static":
        gr.set_static_paths(here)
    app = serve(counter(), allowed_paths=[str(here)] if how == "allowed" else [])
    body = b"<script>alert(1)</script>"
    [path] = app.http.post("/gradio_api/upload", files=[("files", (name, body))]).json()
    answer = app.get(f"/gradio_api/file={path}")
    assert answer.content == body
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize("name", ACTIVE)
@pytest.mark.parametrize("how", ["allowed", "static"])
def test_allowed_html_and_svg_run_no_scripts(serve: Serve, here: Path, name: str, how: str) -> None:
    """A6."""
    (here / "site").mkdir()
    (here / "site" / name).write_text("<p>")
    if how == "static":
        gr.set_static_paths(here / "site")
    app = serve(counter(), allowed_paths=["site"] if how == "allowed" else [])
    answer = app.get(f"/gradio_api/file=site/{name}")
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["content-security-policy"] == "sandbox"


@pytest.mark.parametrize("name", ["a.txt", "a.png", "a.pdf", "a.css"])
def test_other_allowed_files_are_shown_unchanged(serve: Serve, here: Path, name: str) -> None:
    """A6: a browser's own PDF viewer does not work in a sandbox."""
    (here / name).write_text("x")
    answer = serve(counter(), allowed_paths=["."]).get(f"/gradio_api/file={name}")
    assert "content-security-policy" not in answer.headers
    assert answer.headers["content-disposition"].startswith("inline")


def test_an_author_can_let_allowed_html_run_scripts_as_gradio_does(serve: Serve, here: Path) -> None:
    """A6: `sandbox_files=False`, which does not change the rule for the cache."""
    (here / "page.html").write_text("<p>")
    app = serve(counter(), allowed_paths=["."], sandbox_files=False)
    answer = app.get("/gradio_api/file=page.html")
    assert "content-security-policy" not in answer.headers
    [path] = app.http.post("/gradio_api/upload", files=[("files", ("page.html", b"x"))]).json()
    assert app.get(f"/gradio_api/file={path}").headers["content-disposition"].startswith("attachment")
