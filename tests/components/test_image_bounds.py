"""A small file that is a huge image is refused before it is decoded.

C4: siblings looked for: an image in a data URL, a type that is not converted (`filepath`), a watermark laid over a
visitor's file, other components that decode images (none decodes a visitor's). Found: all three ways into `Image`
decoded first, up to Pillow's own bound of 179 million pixels. What a program opens itself has no such bound.
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
def test_an_image_of_too_many_pixels_is_refused_unread(tmp_path: Path, type: Any) -> None:
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


def test_what_a_program_opens_is_its_own_matter(tmp_path: Path) -> None:
    """C4: the bound is for visitors."""
    file = tmp_path / "large.png"
    file.write_bytes(huge(8_000))
    assert opened(str(file), "large").size == (8_000, 8_000)
