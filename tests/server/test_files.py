"""Uploads and files: what is accepted, what is served, and what is rejected."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.server.apps import counter
from tests.server.conftest import Serve, Served

import holdfast as gr
from holdfast.errors import BadRequest, TooLarge
from holdfast.files.cache import SavedFile
from holdfast.server.http.multipart import UploadReader
from holdfast.server.uploads import UploadProgress


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(folder))
    return folder


def upload(app: Served, *files: tuple[str, bytes], query: str = "") -> Any:
    parts = [("files", (name, content)) for name, content in files]
    return app.http.post(f"/gradio_api/upload{query}", files=parts)


def folder_of(app: Served) -> Path:
    return app.context.options.rules.upload_dir


def body(*parts: tuple[str, bytes], field: str = "files", end: bool = True) -> bytes:
    head = b"".join(
        b'--B\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n'
        % (field.encode(), name.encode(), content)
        for name, content in parts
    )
    return head + (b"--B--\r\n" if end else b"")


FORM = "multipart/form-data; boundary=B"


def test_an_upload_is_kept_under_its_hash_and_name(serve: Serve, cache: Path) -> None:
    content = os.urandom(3_000_000)
    app = serve(counter())
    answer = upload(app, ("a file.bin", content), ("b.txt", b"text"))
    assert answer.status_code == 200
    first, second = map(Path, answer.json())
    assert first == folder_of(app) / hashlib.sha256(content).hexdigest() / "a file.bin"
    assert first.is_relative_to(cache)
    assert (first.read_bytes(), second.read_bytes()) == (content, b"text")


@pytest.mark.parametrize("name", ["../../evil.txt", "..\\..\\evil.txt", "/etc/evil.txt", "a/../../evil.txt"])
def test_a_path_in_a_file_name_is_dropped(serve: Serve, cache: Path, name: str) -> None:
    app = serve(counter())
    [path] = upload(app, (name, b"x")).json()
    assert Path(path).parent.parent == folder_of(app)
    assert Path(path).name == "evil.txt"


def test_a_file_that_exceeds_the_limit_is_a_413_and_leaves_nothing(serve: Serve, cache: Path) -> None:
    app = serve(counter(), max_file_size="1kb")
    assert upload(app, ("ok", b"x" * 1024)).status_code == 200
    refused = upload(app, ("big.bin", b"x" * 3_000_000))
    assert refused.status_code == 413
    assert refused.headers["content-type"].startswith("text/plain")
    assert "big.bin exceeds the maximum size of 1024 bytes" in refused.text
    assert len([p for p in folder_of(app).rglob("*") if p.is_file()]) == 1


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", FORM),
        (b"nonsense", FORM),
        (body(("a", b"x"), end=False), FORM),
        (body(("a", b"x"), field="other"), FORM),
        (body(("a", b"x")), "multipart/form-data"),
        (body(("a", b"x")), "application/json"),
        (b'{"a": 1}', "application/json"),
        (b"--B\r\n" + b"X-A: " + b"y" * 100_000 + b"\r\n\r\n\r\n--B--", FORM),
    ],
)
def test_a_body_that_is_not_an_upload_is_a_400_with_a_sentence(
    serve: Serve, cache: Path, content: bytes, kind: str
) -> None:
    app = serve(counter())
    answer = app.http.post("/gradio_api/upload", content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)
    assert not [p for p in folder_of(app).rglob("*") if p.is_file()]


@pytest.mark.anyio
async def test_an_upload_is_never_completely_in_memory(tmp_path: Path) -> None:
    reader = UploadReader(FORM, tmp_path)
    await reader.feed(b'--B\r\nContent-Disposition: form-data; name="files"; filename="f"\r\n\r\n')
    for _ in range(100):
        await reader.feed(b"x" * 100_000)
        assert max(part.pending for part in reader._parts) < 2_000_000
    await reader.feed(b"\r\n--B--\r\n")
    [path] = await reader.finish()
    assert path.stat().st_size == 10_000_000


@pytest.mark.anyio
@pytest.mark.parametrize("size", [300_000, 1_200_000])
async def test_many_files_of_an_upload_are_neither_kept_in_memory_nor_kept_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    reader, held, most = UploadReader(FORM, tmp_path), set(), 0
    add, write = SavedFile.__enter__, SavedFile.written
    monkeypatch.setattr(SavedFile, "__enter__", lambda file: (held.add(file), add(file))[1])
    monkeypatch.setattr(SavedFile, "written", lambda file: (held.discard(file), write(file))[1])
    form = body(*[(f"f{i}", bytes([i]) * size) for i in range(20)])
    for start in range(0, len(form), 60_000):
        await reader.feed(form[start : start + 60_000])
        assert sum(part.pending for part in reader._parts) < 1_200_000
        most = max(most, len(held))
    assert 0 < most <= 3
    assert [path.stat().st_size for path in await reader.finish()] == [size] * 20
    assert held == set()


@pytest.mark.anyio
async def test_a_boundary_split_over_pieces_is_found(tmp_path: Path) -> None:
    reader = UploadReader(FORM, tmp_path)
    for byte in body(("f", b"con\r\n--tent")):
        await reader.feed(bytes([byte]))
    [path] = await reader.finish()
    assert path.read_bytes() == b"con\r\n--tent"


@pytest.mark.anyio
async def test_the_number_of_files_in_an_upload_is_limited(tmp_path: Path) -> None:
    reader = UploadReader(FORM, tmp_path)
    with pytest.raises(TooLarge, match="at most 1000 files"):
        await reader.feed(body(*[("f", b"")] * 1001))
    reader.drop()


def test_an_upload_without_boundary_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="multipart/form-data"):
        UploadReader("text/plain", tmp_path)


def progress(app: Served, upload_id: str) -> list[dict[str, Any]]:
    text = app.http.get("/gradio_api/upload_progress", params={"upload_id": upload_id}).text
    return [json.loads(line.removeprefix("data: ")) for line in text.split("\n") if line]


def test_progress_contains_the_bytes_of_each_file_and_the_end(serve: Serve) -> None:
    app = serve(counter())
    upload(app, ("a.bin", b"x" * 200_000), query="?upload_id=u1")
    messages = progress(app, "u1")
    assert messages[-1] == {"msg": "done"}
    assert sum(m["chunk_size"] for m in messages if m["msg"] == "update" and m["orig_name"] == "a.bin") == 200_000


def test_progress_can_be_requested_before_the_upload_starts(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    app = serve(counter())
    found: list[dict[str, Any]] = []
    asked = threading.Event()
    change = UploadProgress.change

    async def noted(self: UploadProgress) -> None:
        asked.set()
        await change(self)

    monkeypatch.setattr(UploadProgress, "change", noted)
    monkeypatch.setattr("holdfast.server.uploads.WAIT", 60)
    reader = threading.Thread(target=lambda: found.extend(progress(app, "u1")))
    reader.start()
    assert asked.wait(60)
    upload(app, ("a.bin", b"x" * 1000), query="?upload_id=u1")
    reader.join(20)
    assert found[-1] == {"msg": "done"}


def test_progress_of_an_upload_that_never_starts_is_a_404(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holdfast.server.uploads.WAIT", 0.05)
    answer = serve(counter()).get("/gradio_api/upload_progress?upload_id=never")
    assert (answer.status_code, answer.text) == (404, "Upload not found")


def get_file(app: Served, path: Path | str, **headers: str) -> Any:
    return app.get(f"/gradio_api/file={path}", headers=headers)


def test_an_upload_can_be_downloaded_completely_and_partially(serve: Serve) -> None:
    app = serve(counter())
    [path] = upload(app, ("clip.mp4", bytes(range(100)))).json()
    whole = get_file(app, path)
    assert (whole.status_code, whole.content) == (200, bytes(range(100)))
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["content-disposition"].startswith("inline")
    part = get_file(app, path, range="bytes=10-19")
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/100"
    assert get_file(app, path, range="bytes=500-").status_code == 416
    assert app.http.head(f"/gradio_api/file={path}").headers["content-length"] == "100"


@pytest.mark.parametrize("name", ["page.html", "image.svg", "doc.pdf", "script.js"])
def test_files_that_could_run_a_script_are_downloaded_not_shown(serve: Serve, name: str) -> None:
    app = serve(counter())
    [path] = upload(app, (name, b"<script>alert(1)</script>")).json()
    answer = get_file(app, path)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_allowed_folder_is_served_inline_and_a_blocked_one_never(serve: Serve, tmp_path: Path) -> None:
    allowed = tmp_path / "allowed"
    (allowed / "secret").mkdir(parents=True)
    (allowed / "page.html").write_text("<p>")
    (allowed / "secret" / "key").write_text("k")
    app = serve(counter(), allowed_paths=[str(allowed)], blocked_paths=[str(allowed / "SECRET").lower()])
    page = get_file(app, allowed / "page.html")
    assert (page.status_code, page.headers["content-type"].split(";")[0]) == (200, "text/html")
    assert get_file(app, allowed / "secret" / "key").status_code == 403


def test_other_files_are_rejected(serve: Serve, tmp_path: Path, cache: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("no")
    cache.mkdir(exist_ok=True)
    (cache / "link.txt").symlink_to(outside)
    app = serve(counter())
    [inside] = upload(app, ("a.txt", b"x")).json()
    tricks: list[Path | str] = [
        outside,
        cache,
        cache / "missing.txt",
        cache / "link.txt",
        f"{cache}/../outside.txt",
        f"{cache}/%2e%2e/outside.txt",
        f"{cache}%2f..%2foutside.txt",
        f"{inside}%00.png",
        "",
        ".",
        "//etc/passwd",
        "/etc/passwd",
        "../../../../../../etc/passwd",
        "https://example.com/x",
        "a" * 5000,
    ]
    for trick in tricks:
        answer = get_file(app, trick)
        assert answer.status_code in {403, 404}, trick
        assert "detail" in answer.json()
        assert len(answer.text) < 400
    assert get_file(app, inside).status_code == 200


def test_a_link_in_an_allowed_folder_to_the_outside_is_rejected(serve: Serve, tmp_path: Path) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside.txt"
    allowed.mkdir()
    outside.write_text("no")
    (allowed / "link.txt").symlink_to(outside)
    assert get_file(serve(counter(), allowed_paths=[str(allowed)]), allowed / "link.txt").status_code == 403


def test_an_allowed_folder_can_be_a_link(serve: Serve, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    (real / "a.txt").write_text("yes")
    link.symlink_to(real)
    assert get_file(serve(counter(), allowed_paths=[str(link)]), link / "a.txt").text == "yes"


def test_a_file_passes_through_a_handler_and_has_an_absolute_url(serve: Serve) -> None:
    with gr.Blocks() as demo:
        file, out = gr.File(), gr.File()
        gr.Button().click(lambda path: path, file, out, api_name="same")
    app = serve(demo)
    [path] = upload(app, ("é a.txt", b"hello")).json()
    data = {"path": path, "orig_name": "é a.txt", "meta": {"_type": "gradio.FileData"}}
    [result] = app.post("/gradio_api/run/same", {"data": [data]}).json()["data"]
    assert result["url"].startswith(f"{app.url}gradio_api/file=")
    assert app.http.get(result["url"]).text == "hello"
    [(_, [called])] = app.call("same", [data])
    assert called["url"] == result["url"]
    app.join(0, [data], "s")
    assert app.messages("s")[-2]["output"]["data"][0]["url"] == result["url"]


def test_a_path_that_was_not_uploaded_is_rejected_as_input(serve: Serve, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("no")
    with gr.Blocks() as demo:
        file, out = gr.File(), gr.Textbox()
        gr.Button().click(lambda path: Path(path).read_text(), file, out, api_name="read")
    app = serve(demo)
    data = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    answer = app.post("/gradio_api/run/read", {"data": [data]})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.text != "no"
