from __future__ import annotations

import base64
import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PILImage

import holdfast as gr
from holdfast.errors import BadValue
from holdfast.files.rules import FileData


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOLDFAST_TEMP_DIR", str(tmp_path / "cache"))


def picture(folder: Path, mode: str = "RGB", name: str = "i.png", **options: Any) -> str:
    path = folder / name
    PILImage.new(mode, (4, 3)).save(path, **options)
    return str(path)


def stored(path: str) -> PILImage.Image:
    """Return the image in a file, closing the file."""
    image = PILImage.open(io.BytesIO(Path(path).read_bytes()))
    image.load()
    return image


def data_url(path: str) -> str:
    return "data:image/png;base64," + base64.b64encode(Path(path).read_bytes()).decode()


@pytest.mark.parametrize(
    ("wanted", "shape"), [("RGB", (3, 4, 3)), ("RGBA", (3, 4, 4)), ("L", (3, 4)), (None, (3, 4, 3))]
)
def test_a_handler_gets_an_array(tmp_path: Path, wanted: str | None, shape: tuple[int, ...]) -> None:
    array = gr.Image(image_mode=wanted).preprocess(FileData(path=picture(tmp_path)))
    assert array.shape == shape
    assert array.dtype == np.uint8


@pytest.mark.parametrize(("mode", "wanted", "got"), [("RGB", "L", "L"), ("P", "RGB", "RGB"), ("P", None, "P")])
def test_a_handler_can_get_a_pil_image(tmp_path: Path, mode: str, wanted: str | None, got: str) -> None:
    image = gr.Image(type="pil", image_mode=wanted).preprocess(FileData(path=picture(tmp_path, mode)))
    assert isinstance(image, PILImage.Image)
    assert image.mode == got


def test_a_path_is_unchanged_if_the_mode_matches(tmp_path: Path) -> None:
    path = picture(tmp_path)
    assert gr.Image(type="filepath").preprocess(FileData(path=path)) == path
    assert gr.Image(type="filepath", image_mode=None).preprocess(FileData(path=path)) == path


def test_a_path_with_another_mode_is_converted_to_a_new_file(tmp_path: Path) -> None:
    path = gr.Image(type="filepath").preprocess(FileData(path=picture(tmp_path, "RGBA")))
    assert Path(path).name == "image.webp"
    assert stored(path).mode == "RGB"


@pytest.mark.parametrize("kind", ["numpy", "pil", "filepath"])
def test_a_data_url_is_an_image_too(tmp_path: Path, kind: Any) -> None:
    got = gr.Image(type=kind).preprocess({"path": None, "url": data_url(picture(tmp_path))})
    image: Any = stored(got) if kind == "filepath" else got
    assert (image.shape[:2] if kind == "numpy" else image.size[::-1]) == (3, 4)


def test_a_handler_gets_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    first, second = PILImage.new("RGB", (2, 2), "red"), PILImage.new("RGB", (2, 2), "blue")
    first.save(path, save_all=True, append_images=[second])
    assert gr.Image().preprocess(FileData(path=str(path)))[0, 0].tolist() == [255, 0, 0]


def test_a_photo_is_rotated_by_its_exif_orientation(tmp_path: Path) -> None:
    exif = PILImage.Exif()
    exif[0x0112] = 6
    path = picture(tmp_path, name="p.jpg", exif=exif)
    assert gr.Image().preprocess(FileData(path=path)).shape == (4, 3, 3)


def test_null_is_none() -> None:
    assert gr.Image().preprocess(None) is None
    assert gr.Image().postprocess(None) is None


@pytest.mark.parametrize("payload", ["x", 5, [1]])
def test_an_invalid_file_is_rejected(payload: Any) -> None:
    with pytest.raises(BadValue, match="Image takes an image such as"):
        gr.Image().preprocess(payload)


@pytest.mark.parametrize("payload", [{}, {"path": None, "url": None}, {"path": 5}, {"url": "http://x/y.png"}])
def test_an_image_without_a_path_is_rejected(payload: Any) -> None:
    with pytest.raises(BadValue, match=r"Image path is None\."):
        gr.Image().preprocess(payload)


@pytest.mark.parametrize("kind", ["numpy", "filepath"])
@pytest.mark.parametrize(("name", "content"), [("a.png", b"no image"), ("a.svg", b"<svg/>"), ("a.png", b"")])
def test_a_file_that_is_not_an_image_is_rejected(tmp_path: Path, kind: Any, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadValue, match=rf"The file {name} is not a readable image"):
        gr.Image(type=kind).preprocess(FileData(path=str(path)))


def test_a_truncated_image_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "cut.png"
    PILImage.effect_noise((64, 64), 50).save(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(BadValue, match=r"cut\.png is not a readable image"):
        gr.Image().preprocess(FileData(path=str(path)))


@pytest.mark.parametrize(
    "url", ["data:image/png;base64", "data:image/png;base64,@@@", "data:image/png;base64,aGk=", "data:,x"]
)
def test_a_damaged_data_url_is_rejected(url: str) -> None:
    with pytest.raises(BadValue):
        gr.Image().preprocess({"url": url})


def test_a_missing_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="no longer exists"):
        gr.Image().preprocess(FileData(path=str(tmp_path / "gone.png")))


def test_an_image_with_too_many_pixels_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PILImage, "MAX_IMAGE_PIXELS", 4)
    with pytest.raises(BadValue, match="too many pixels"):
        gr.Image().preprocess(FileData(path=picture(tmp_path)))


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((2, 3, 3), np.uint8),
        np.zeros((2, 3, 4), np.uint8),
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 3, 1), np.uint8),
        np.zeros((2, 3, 3)),
        np.zeros((2, 3, 3), np.float32) - 1,
        np.zeros((2, 3, 3), int),
        np.zeros((2, 3, 3), bool),
        PILImage.new("RGB", (3, 2)),
        PILImage.new("RGBA", (3, 2)),
        PILImage.new("L", (3, 2)),
    ],
)
def test_arrays_and_pil_images_become_files(value: Any) -> None:
    file = gr.Image().postprocess(value)
    assert file is not None
    assert file.orig_name == "image.webp"
    assert len(Path(file.path).parent.name) == 64
    assert stored(file.path).size == (3, 2)


@pytest.mark.parametrize(("value", "shade"), [(0.0, 0), (0.5, 128), (1.0, 255), (-1.0, 0), (True, 255), (200, 200)])
def test_numbers_become_pixel_values(value: Any, shade: int) -> None:
    file = gr.Image(format="png").postprocess(np.full((1, 1), value))
    assert file is not None
    assert stored(file.path).getpixel((0, 0)) == shade


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "gif", "jpg"])
def test_the_author_chooses_the_format(format: str) -> None:
    file = gr.Image(format=format).postprocess(np.zeros((2, 2, 3), np.uint8))
    assert file is not None
    assert file.orig_name == f"image.{format}"
    assert stored(file.path).format == {"jpg": "JPEG"}.get(format, format.upper())


def test_a_path_is_passed_through_without_a_check(tmp_path: Path) -> None:
    path = picture(tmp_path)
    assert gr.Image().postprocess(path) == FileData(path=path, orig_name="i.png")
    assert gr.Image().postprocess(Path(path)) == FileData(path=path, orig_name="i.png")
    assert gr.Image().postprocess("/nope/x.png") == FileData(path="/nope/x.png")
    assert gr.Image().postprocess("https://x/y.png") == FileData(path="https://x/y.png")


def test_an_svg_is_sent_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    path.write_text("<svg xmlns='x'/>")
    file = gr.Image().postprocess(str(path))
    assert file == FileData(url="data:image/svg+xml,%3Csvg%20xmlns%3D%27x%27/%3E", orig_name="a.svg")


def test_a_data_url_is_sent_unchanged() -> None:
    assert gr.Image().postprocess("data:image/png;base64,aGk=") == FileData(url="data:image/png;base64,aGk=")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.full((1, 1), 2.0), "Images of type float must be between -1 and 1."),
        (np.full((1, 1), 300), "must contain numbers from 0 to 255"),
        (np.zeros((2, 2, 5), np.uint8), "is not a valid image. Use"),
        (np.zeros((2,), np.uint8), "is not a valid image. Use"),
        (np.array([["a"]]), "is not a valid image. Use uint8"),
        (5, "Cannot process this value as an Image, it is of type: <class 'int'>"),
        ([1], "Cannot process this value as an Image, it is of type: <class 'list'>"),
        (b"x", "Cannot process this value as an Image, it is of type: <class 'bytes'>"),
    ],
)
def test_a_result_that_is_not_an_image_is_rejected(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gr.Image().postprocess(value)


def test_a_format_that_cannot_hold_the_image_is_reported() -> None:
    with pytest.raises(ValueError, match=r"mode RGBA cannot be written as jpeg.*Convert it to RGB"):
        gr.Image(format="jpeg").postprocess(PILImage.new("RGBA", (1, 1)))
    with pytest.raises(ValueError, match="'bogus' is not a supported image format"):
        gr.Image(format="bogus").postprocess(PILImage.new("RGB", (1, 1)))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"type": "x"},
            "Invalid value for parameter `type`: x. Please choose from one of: ['numpy', 'pil', 'filepath']",
        ),
        ({"sources": ["x"]}, "`sources` must a list consisting of elements in ['upload', 'webcam', 'clipboard']"),
    ],
)
def test_invalid_options_are_rejected(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        gr.Image(**options)


def test_a_watermark_is_drawn_over_the_image(tmp_path: Path) -> None:
    mark = PILImage.new("RGB", (10, 10), "white")
    options = gr.WatermarkOptions(watermark=mark, position="top-left")
    file = gr.Image(format="png", watermark=options).postprocess(np.zeros((100, 100, 3), np.uint8))
    assert file is not None
    image = stored(file.path)
    assert image.getpixel((12, 12)) == (255, 255, 255)
    assert image.getpixel((90, 90)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("position", "place"),
    [("top-right", (85, 12)), ("bottom-left", (12, 85)), ("bottom-right", (85, 85)), ((40, 50), (41, 51))],
)
def test_a_watermark_is_drawn_at_its_position(position: Any, place: tuple[int, int]) -> None:
    options = gr.WatermarkOptions(watermark=PILImage.new("RGB", (10, 10), "white"), position=position)
    file = gr.Image(format="png", watermark=options).postprocess(np.zeros((100, 100, 3), np.uint8))
    assert file is not None
    assert stored(file.path).getpixel(place) == (255, 255, 255)


def test_a_url_gets_no_watermark() -> None:
    options = gr.WatermarkOptions(watermark=PILImage.new("RGB", (1, 1)))
    assert gr.Image(watermark=options).postprocess("https://x/y.png") == FileData(path="https://x/y.png")


def test_without_pillow_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = picture(tmp_path)
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'Pillow, which is not installed\. Install it with `pip install "holdfast'):
        gr.Image().preprocess(FileData(path=path))


def test_its_config_api_and_events_are_gradios() -> None:
    props = gr.Image(sources="upload").props()
    expected = {
        "value": None,
        "format": "webp",
        "height": None,
        "width": None,
        "image_mode": "RGB",
        "sources": ["upload"],
        "type": "numpy",
        "buttons": ["download", "share", "fullscreen"],
        "streaming": False,
        "streamable": False,
        "webcam_options": {"mirror": True, "constraints": None},
        "placeholder": None,
        "watermark": {"watermark": None, "position": "bottom-right"},
        "alt_text": None,
        "name": "image",
    }
    assert {name: props[name] for name in expected} == expected
    assert gr.Image().sources == ["upload", "webcam", "clipboard"]
    assert gr.Image().api_info()["title"] == "ImageData"
    assert gr.Image().example_payload()["orig_name"] == "bus.png"
    assert gr.Image.EVENTS == ("clear", "change", "stream", "select", "upload", "input")
