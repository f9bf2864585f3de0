"""Files and pictures, as a visitor gives and takes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from playwright.sync_api import BrowserType, Locator, Page, expect
from tests.axe import assert_accessible

import holdfast as gr

AppPage = Callable[..., Page]
pytestmark = pytest.mark.browser

DROP = """async ([selector, name, type, text]) => {
  const transfer = new DataTransfer()
  transfer.items.add(new File([text], name, { type }))
  const target = document.querySelector(selector)
  target.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }))
}"""
BESIDE = """(target, what) => {
  const transfer = new DataTransfer()
  if (what === 'file') transfer.items.add(new File([''], 'a.txt'))
  else transfer.items.add('a', 'text/plain')
  const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer })
  return target.dispatchEvent(event) ? 'let go' : 'kept'
}"""
PASTE = """async (selector) => {
  const canvas = new OffscreenCanvas(3, 2)
  canvas.getContext('2d').fillRect(0, 0, 3, 2)
  const transfer = new DataTransfer()
  transfer.items.add(new File([await canvas.convertToBlob()], 'pasted.png', { type: 'image/png' }))
  const event = new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: transfer })
  document.querySelector(selector).dispatchEvent(event)
}"""


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A small text file."""
    path = tmp_path / "notes.txt"
    path.write_text("hello")
    return path


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A picture of 4 by 2 pixels."""
    path = tmp_path / "red.png"
    Pillow.new("RGB", (4, 2), "red").save(path)
    return path


def test_a_chosen_file_is_uploaded_shown_and_taken_back(app_page: AppPage, notes: Path) -> None:
    with gr.Blocks() as demo:
        file, seen = gr.File(label="Notes"), gr.Textbox(label="Seen")
        file.upload(lambda path: Path(path).read_text(), file, seen)
        file.clear(lambda: "cleared", None, seen)
    page = app_page(demo)
    with page.expect_file_chooser() as chooser:
        page.get_by_label("Click to upload or drop files").click()
    chooser.value.set_files(notes)
    expect(page.get_by_label("Seen")).to_have_value("hello")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download notes.txt").click()
    assert download.value.suggested_filename == "notes.txt"
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Seen")).to_have_value("cleared")
    expect(page.get_by_text("Drop File Here")).to_be_visible()


def test_a_dropped_file_is_uploaded(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        file, seen = gr.File(label="Notes"), gr.Textbox(label="Seen")
        file.upload(lambda path: Path(path).name, file, seen)
    page = app_page(demo)
    page.evaluate(DROP, ["[aria-label^='Click to upload']", "drop.txt", "text/plain", "x"])
    expect(page.get_by_label("Seen")).to_have_value("drop.txt")


def test_a_file_of_the_wrong_kind_is_refused_with_a_sentence(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.File(label="Table", file_types=[".csv"])
    page = app_page(demo)
    expect(page.locator("input[type=file]")).to_have_attribute("accept", ".csv")
    page.evaluate(DROP, ["[aria-label^='Click to upload']", "drop.txt", "text/plain", "x"])
    expect(page.get_by_test_id("toast-text")).to_contain_text("Invalid file type: drop.txt.")


def test_a_compound_ending_counts_as_a_whole(app_page: AppPage) -> None:
    """E25: siblings looked for: every place that judges a file by its ending (the browser's own choice, which looks at
    the last ending alone; drops and pastes; the upload button; the server); an ending without its dot; a name that is
    cut to 200 bytes. found: the first, and the last two on the server."""
    with gr.Blocks() as demo:
        file, seen = gr.File(label="Scan", file_types=[".nii.gz"]), gr.Textbox(label="Seen")
        file.upload(lambda path: Path(path).name, file, seen)
        gr.UploadButton("Send", file_types=[".nii.gz"])
    page = app_page(demo)
    expect(page.get_by_test_id("file-upload")).to_have_attribute("accept", ".nii.gz,.gz")
    expect(page.get_by_test_id("Send-upload-button")).to_have_attribute("accept", ".nii.gz,.gz")
    other = {"name": "other.gz", "mimeType": "application/gzip", "buffer": b"x"}
    page.get_by_test_id("file-upload").set_input_files(other)  # type: ignore[arg-type]
    toast = page.get_by_test_id("toast-body")
    expect(toast).to_contain_text("Invalid file type: other.gz.")
    expect(toast).to_contain_text("one of these formats: .nii.gz")
    expect(toast).to_have_class(re.compile("error"))
    page.evaluate(DROP, ["[aria-label^='Click to upload']", "brain.nii.gz", "application/gzip", "x"])
    expect(page.get_by_label("Seen")).to_have_value("brain.nii.gz")


def test_buttons_have_the_names_that_scripts_for_gradio_look_for(app_page: AppPage, notes: Path, picture: Path) -> None:
    """E26: siblings looked for: the file's row, the header of files, a picture, and each source of pictures. found: the
    picture's button was called Clear, and one whose only source is the clipboard had no button to paste."""
    with gr.Blocks() as demo:
        file, image = gr.File(label="Notes"), gr.Image(label="Photo")
        gr.Image(label="Pasted", sources=["clipboard"])
    page = app_page(demo)
    expect(page.get_by_role("button", name="Paste from clipboard", exact=True)).to_have_count(2)
    page.get_by_test_id("file-upload").first.set_input_files(notes)
    page.get_by_role("button", name="Remove this file", exact=True).click()
    expect(page.get_by_role("button", name="Remove this file")).to_have_count(0)
    page.locator(f"#component-{image.id} input[type=file], [data-testid=image] input[type=file]").first.set_input_files(
        picture
    )
    page.get_by_role("button", name="Remove Image", exact=True).click()
    expect(page.get_by_role("button", name="Remove Image")).to_have_count(0)
    assert file.id != image.id


def test_a_file_that_is_too_large_is_refused_with_a_sentence(
    app_page: AppPage, notes: Path, complaints: object
) -> None:
    with gr.Blocks() as demo:
        gr.File(label="Notes")
    page = app_page(demo, max_file_size=3)
    page.locator("input[type=file]").set_input_files(notes)
    expect(page.get_by_test_id("toast-text")).to_be_visible()
    expect(page.get_by_text("Drop File Here")).to_be_visible()
    complaints.clear()  # type: ignore[attr-defined]


def test_several_files_are_rows_that_can_be_removed_and_added_to(app_page: AppPage, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.txt" for name in "abc"]
    for path in paths:
        path.write_text(path.stem)
    with gr.Blocks() as demo:
        files, seen = gr.File(label="Notes", file_count="multiple"), gr.Textbox(label="Seen")
        files.change(lambda files: [Path(path).name for path in files or []], files, seen)
    page = app_page(demo)
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(paths[:2])
    expect(page.get_by_label("Seen")).to_have_value("['a.txt', 'b.txt']")
    page.locator("input[type=file]").set_input_files(paths[2])
    expect(page.get_by_label("Seen")).to_have_value("['a.txt', 'b.txt', 'c.txt']")
    page.get_by_role("button", name="Remove this file").first.click()
    expect(page.get_by_label("Seen")).to_have_value("['b.txt', 'c.txt']")


def test_an_upload_button_uploads_and_a_download_button_gives_back(app_page: AppPage, notes: Path) -> None:
    with gr.Blocks() as demo:
        up, down = gr.UploadButton("Send"), gr.DownloadButton("Fetch", visible=False)
        up.upload(lambda path: gr.DownloadButton(value=path, visible=True), up, down)
    page = app_page(demo)
    page.get_by_test_id("Send-upload-button").set_input_files(notes)
    with page.expect_download() as download:
        page.get_by_role("link", name="Fetch").click()
    assert download.value.suggested_filename == "notes.txt"
    assert Path(download.value.path()).read_text() == "hello"


def test_a_picture_is_uploaded_shown_and_cleared(app_page: AppPage, picture: Path) -> None:
    with gr.Blocks() as demo:
        image, seen = gr.Image(label="Photo"), gr.Textbox(label="Seen")
        image.change(lambda array: "none" if array is None else str(array.shape), image, seen)
    page = app_page(demo)
    page.locator("input[type=file]").set_input_files(picture)
    expect(page.get_by_label("Seen")).to_have_value("(2, 4, 3)")
    expect(page.get_by_test_id("image").locator("img")).to_have_attribute("alt", "Photo")
    assert page.locator("[data-testid=image] img").evaluate("image => image.naturalWidth") == 4
    page.get_by_role("button", name="Remove Image").click()
    expect(page.get_by_label("Seen")).to_have_value("none")


def test_a_picture_can_be_pasted(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        image, seen = gr.Image(label="Photo"), gr.Textbox(label="Seen")
        image.upload(lambda array: str(array.shape[:2]), image, seen)
    page = app_page(demo)
    page.evaluate(PASTE, "[data-testid=image]")
    expect(page.get_by_label("Seen")).to_have_value("(2, 3)")


def test_a_picture_that_a_function_made_is_shown_and_downloaded(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        image = gr.Image(label="Made", format="png")
        gr.Button("Make").click(lambda: Pillow.new("RGB", (5, 3), "blue"), None, image)
    page = app_page(demo)
    page.get_by_role("button", name="Make").click()
    expect(page.locator("[data-testid=image] img")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    with Pillow.open(download.value.path()) as made:
        assert made.size == (5, 3)


def test_a_click_on_a_picture_names_the_pixel(app_page: AppPage, picture: Path) -> None:
    def told(data: gr.SelectData) -> str:
        return str(data.index)

    with gr.Blocks() as demo:
        image, seen = gr.Image(str(picture), label="Photo", interactive=False), gr.Textbox(label="Seen")
        image.select(told, None, seen)
    page = app_page(demo)
    shown = page.locator("[data-testid=image] img")
    box = shown.bounding_box()
    assert box is not None
    shown.click(position={"x": box["width"] * 0.9, "y": box["height"] * 0.75})
    expect(page.get_by_label("Seen")).to_have_value("[3, 1]")


def test_files_are_put_in_another_order_with_the_keyboard(app_page: AppPage, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.txt" for name in "ab"]
    for path in paths:
        path.write_text(path.stem)
    with gr.Blocks() as demo:
        files = gr.File(label="Notes", file_count="multiple", allow_reordering=True)
        seen = gr.Textbox(label="Seen")
        files.change(lambda files: [Path(path).name for path in files], files, seen)
    page = app_page(demo)
    page.locator("input[type=file]").set_input_files(paths)
    page.get_by_label("Move b.txt").press("ArrowUp")
    expect(page.get_by_label("Seen")).to_have_value("['b.txt', 'a.txt']")


def test_a_picture_is_taken_with_the_camera(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, Any],
    serve: Callable[..., str],
) -> None:
    with gr.Blocks() as demo:
        image, seen = gr.Image(label="Photo", sources=["webcam"]), gr.Textbox(label="Seen")
        image.upload(lambda array: str(array.ndim), image, seen)
    arguments = [*browser_type_launch_args.get("args", []), "--use-fake-device-for-media-stream"]
    browser = browser_type.launch(
        **{**browser_type_launch_args, "args": [*arguments, "--use-fake-ui-for-media-stream"]}
    )
    page = browser.new_page()
    page.goto(serve(demo))
    page.get_by_role("button", name="Click to Access Webcam").click()
    page.wait_for_function("document.querySelector('video')?.videoWidth > 0")
    page.get_by_label("capture photo").click()
    expect(page.get_by_label("Seen")).to_have_value("3")
    browser.close()


def drop(page: Page, target: Locator, path: Path) -> None:
    """Let a file or folder go over an element, as the browser does for a person."""
    box = target.bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        where = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        devtools.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})


def test_a_running_upload_can_be_cancelled(app_page: AppPage, tmp_path: Path) -> None:
    with gr.Blocks() as demo:
        file = gr.File(label="Large")
        file.upload(lambda path: path, file, gr.Textbox(label="Seen"))
    page = app_page(demo)
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(4_000_000))
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    page.get_by_test_id("file-upload").set_input_files(large)
    page.get_by_role("button", name="Cancel upload").click()
    area = page.get_by_label("Click to upload or drop files")
    expect(area).to_be_focused()
    expect(page.get_by_text("Drop File Here")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    expect(page.get_by_label("Seen")).to_have_value("")


def test_an_upload_buttons_upload_says_how_far_it_is_and_can_be_cancelled(app_page: AppPage, tmp_path: Path) -> None:
    with gr.Blocks() as demo:
        button, seen = gr.UploadButton("Send"), gr.Textbox(label="Seen")
        button.upload(lambda path: Path(path).name, button, seen)
    page = app_page(demo)
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(4_000_000))
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 50_000}
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.emulateNetworkConditions", slow)
    page.get_by_test_id("Send-upload-button").set_input_files(large)
    cancel = page.get_by_role("button", name=re.compile(r"Cancel \(\d+ %\)"))
    expect(page.get_by_text("Uploading…")).to_have_role("status")
    assert_accessible(page)
    cancel.press("Enter")
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    expect(page.get_by_test_id("toast-body")).to_have_count(0)
    devtools.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    page.get_by_test_id("Send-upload-button").set_input_files(large)
    expect(page.get_by_label("Seen")).to_have_value("large.bin")


def test_a_folder_is_taken_where_folders_are_and_explained_elsewhere(app_page: AppPage, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    (folder / "old").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "old" / "b.txt").write_text("b")
    with gr.Blocks() as demo:
        gr.File(label="Files", file_count="multiple", elem_id="files")
        papers, seen = gr.File(label="Folder", file_count="directory", elem_id="folder"), gr.Textbox(label="Seen")
        papers.upload(lambda paths: str(sorted(Path(path).name for path in paths)), papers, seen)
    page = app_page(demo)
    drop(page, page.locator("#folder button"), folder)
    expect(page.get_by_label("Seen")).to_have_value("['a.txt', 'b.txt']")
    drop(page, page.locator("#files button"), folder)
    expect(page.get_by_test_id("toast-text")).to_have_text(
        "papers: a folder cannot be uploaded here. Open it and drop the files that are in it."
    )


def test_a_file_dropped_beside_its_place_does_not_open_instead_of_the_page(app_page: AppPage, notes: Path) -> None:
    with gr.Blocks() as demo:
        gr.File(label="Notes")
    page = app_page(demo)
    footer = page.get_by_role("contentinfo")
    # A browser opens what is dropped, unless the page keeps it from that.
    assert footer.evaluate(BESIDE, "file") == "kept"
    assert footer.evaluate(BESIDE, "text") == "let go"
    drop(page, page.get_by_label("Click to upload or drop files"), notes)
    expect(page.get_by_label("Download notes.txt")).to_be_visible()


def test_a_small_picture_is_not_blown_up(app_page: AppPage) -> None:
    with gr.Blocks() as demo:
        gr.Image(Pillow.new("RGB", (40, 30), "red"), label="Small")
        gr.Image(Pillow.new("RGB", (900, 1800), "red"), label="Large", height=300)
    page = app_page(demo)
    small, large = page.get_by_alt_text("Small"), page.get_by_alt_text("Large")
    expect(large).to_be_visible()
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    size = "image => [image.offsetWidth, image.offsetHeight]"
    assert small.evaluate(size) == [40, 30]
    width, height = large.evaluate(size)
    assert 290 <= height <= 300
    assert abs(width - height / 2) <= 1
