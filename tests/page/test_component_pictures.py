"""A picture of each component, for the documentation.

They are left in `.setup/pictures`, where the site takes them from, and not committed: fonts and browsers differ between
machines, and each change of the page would change them all.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from playwright.sync_api import Page

import holdfast as gr
from holdfast.components.base import Component

PICTURES = Path(__file__).resolve().parents[2] / ".setup" / "pictures"
DAWN = np.tile(np.linspace((60, 70, 160), (250, 190, 120), 240).astype("uint8"), (120, 1, 1))
INVISIBLE = {"State", "Timer"}
SAMPLES: dict[str, dict[str, Any]] = {
    "Button": {"value": "Run", "variant": "primary"},
    "Chatbot": {
        "value": [
            {"role": "user", "content": "What holds a ship in place?"},
            {"role": "assistant", "content": "An **anchor**, or anything else that is a *holdfast*."},
        ],
        "height": 220,
    },
    "Checkbox": {"label": "With milk", "value": True},
    "CheckboxGroup": {"choices": ["Oat milk", "Decaf", "Sugar"], "value": ["Decaf"]},
    "Dataframe": {"value": [["Flat white", 3.5], ["Espresso", 2.2]], "headers": ["Drink", "Price"]},
    "Dataset": {"components": ["textbox"], "samples": [["Flat white"], ["Espresso"], ["Mocha"]], "label": "Examples"},
    "Dropdown": {"choices": ["Flat white", "Espresso", "Mocha"], "value": "Espresso"},
    "HTML": {"value": "<h3>Today</h3><p>Closed from <mark>noon</mark>.</p>"},
    "Image": {"value": DAWN, "height": 160},
    "JSON": {"value": {"drink": "Flat white", "extras": ["oat milk"], "price": 3.5}},
    "Label": {"value": {"cat": 0.72, "dog": 0.2, "seal": 0.08}},
    "Markdown": {"value": "### Today\n\nFlat white, *half price* until `noon`."},
    "Number": {"value": 42},
    "Radio": {"choices": ["Small", "Large"], "value": "Small"},
    "Slider": {"value": 60},
    "TextArea": {"value": "Two lines\nof text"},
    "Textbox": {"placeholder": "Flat white"},
}
"""Arguments that make a better picture than a component's own example value; a component needs none."""


def components() -> list[type[Component]]:
    """Return every public component."""
    public = {getattr(gr, name) for name in gr.__all__}
    classes = {one for one in public if isinstance(one, type) and issubclass(one, Component) and one is not Component}
    return sorted((one for one in classes if one.__name__ not in INVISIBLE), key=lambda one: one.__name__)


def sample(component: type[Component]) -> None:
    """Create a component that shows something."""
    arguments = SAMPLES.get(component.__name__)
    if arguments is None:
        # Outside of the app, only to ask for its example.
        arguments = {"value": component(render=False).example_value()}
    if "label" not in arguments and not issubclass(component, gr.Button):
        arguments = {"label": component.__name__, **arguments}
    component(**arguments)


def colors(png: bytes) -> int:
    found = Image.open(io.BytesIO(png)).convert("RGB").getcolors(1 << 24)
    return len(found or [])


def test_every_component_is_seen(app_page: Callable[..., Page]) -> None:
    with gr.Blocks() as demo:
        for component in components():
            with gr.Column(elem_id=f"picture-{component.__name__.lower()}"):
                sample(component)
    page = app_page(demo, css="[id^=picture-] { padding: 16px }")
    page.set_viewport_size({"width": 560, "height": 800})
    PICTURES.mkdir(parents=True, exist_ok=True)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for component in components():
            name = component.__name__.lower()
            png = page.locator(f"#picture-{name}").screenshot(animations="disabled", scale="css")
            assert colors(png) > 8, f"{component.__name__} shows nothing in {scheme}"
            (PICTURES / f"{name}-{scheme}.png").write_bytes(png)
    (PICTURES / "taken").touch()
