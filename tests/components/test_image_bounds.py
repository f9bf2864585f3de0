"""A small file that contains a huge image is rejected before decoding.

C4: covers images in data URLs, a type that is not converted (`filepath`), and watermarks over a visitor's file. Images
that a program opens itself are not limited.
"""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.driver import Driver

import holdfast as gr
from holdfast.components.image_codec import opened
from holdfast.errors import BadValue

Image = pytest.importorskip("PIL.Image")


def huge(side: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("1", (side, side)).save(buffer, "png")
    return buffer.getvalue()


@pytest.fixture
def never_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: Any) -> None:
        pytest.fail("the image was decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)


@pytest.mark.parametrize("type", ["numpy", "pil", "filepath"])
@pytest.mark.usefixtures("never_decoded")
def test_an_image_with_too_many_pixels_is_rejected_before_decoding(tmp_path: Path, type: Any) -> None:
    """C4: 8,000 by 8,000 in a few KB."""
    file = tmp_path / "huge.png"
    file.write_bytes(huge(8_000))
    assert file.stat().st_size < 30_000
    image = gr.Image(type=type)
    url = f"data:image/png;base64,{base64.b64encode(file.read_bytes()).decode()}"
    for payload in ({"path": str(file)}, {"url": url}):
        with pytest.raises(BadValue, match="50,000,000"):
            image.preprocess(payload)


@pytest.mark.anyio
async def test_the_limit_is_the_apps(tmp_path: Path) -> None:
    """C4: `limits={"image_pixels": …}` reaches the function's thread."""
    for side in (10, 11):
        (tmp_path / f"{side}.png").write_bytes(huge(side))
    with gr.Blocks() as demo:
        image, box = gr.Image(), gr.Textbox()
        image.change(lambda array: str(array.shape), image, box, api_name="shape")
    async with Driver(demo, limits=gr.Limits(image_pixels=100)) as driver:

        def url(side: int) -> dict[str, str]:
            return {"url": f"data:image/png;base64,{base64.b64encode(huge(side)).decode()}"}

        assert await driver.values("shape", url(10)) == ["(10, 10, 3)"]
        assert "The maximum is 100" in str((await driver.completed("shape", url(11))).output)


def test_images_that_a_program_opens_are_not_limited(tmp_path: Path) -> None:
    """C4: the limit only applies to visitors."""
    file = tmp_path / "large.png"
    file.write_bytes(huge(8_000))
    assert opened(str(file), "large").size == (8_000, 8_000)
