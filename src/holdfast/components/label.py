"""Component that shows a classification."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import orjson
from typing_extensions import Unpack

from holdfast.components import events
from holdfast.components.base import Component, ComponentOptions

SCALAR = {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}, {"type": "null"}]}
SCHEMA: dict[str, Any] = {
    "$defs": {
        "LabelConfidence": {
            "properties": {
                "label": {**SCALAR, "default": None, "title": "Label"},
                "confidence": {
                    "anyOf": [{"type": "number"}, {"type": "null"}],
                    "default": None,
                    "title": "Confidence",
                },
            },
            "title": "LabelConfidence",
            "type": "object",
        }
    },
    "properties": {
        "label": {**SCALAR, "default": None, "title": "Label"},
        "confidences": {
            "anyOf": [{"items": {"$ref": "#/$defs/LabelConfidence"}, "type": "array"}, {"type": "null"}],
            "default": None,
            "title": "Confidences",
        },
    },
    "title": "LabelData",
    "type": "object",
    "additional_description": None,
}


class Label(Component):
    """Shows a label, or several labels with confidences.

    A handler returns `{label: confidence}`, or one label as a string or a number.

    Args:
        value: Initial value, or a function that returns it.
        num_top_classes: Maximum number of labels to show, the most confident first.
        color: CSS color of the background.
        show_heading: Whether to show the most confident label as a heading.
        **options: See `ComponentOptions`.
    """

    NAME: ClassVar[str] = "label"
    FROM_CLIENT: ClassVar[bool] = True
    change = events.CHANGE
    select = events.SELECT

    def __init__(
        self,
        value: Any = None,
        *,
        num_top_classes: int | None = None,
        color: str | None = None,
        show_heading: bool = True,
        **options: Unpack[ComponentOptions],
    ) -> None:
        self.num_top_classes = num_top_classes
        self.color = color
        self.show_heading = show_heading
        super().__init__(value, **options)

    def preprocess(self, payload: Any) -> Any:
        """Return `{label: confidence}`, or the label alone if no confidences were sent."""
        if payload is None:
            return None
        if not isinstance(payload, dict):
            raise self.bad("an object with `label` and optionally `confidences`", payload)
        confidences = payload.get("confidences")
        if confidences is None:
            return payload.get("label")
        if not isinstance(confidences, list) or not all(isinstance(c, dict) for c in confidences):
            raise self.bad("`confidences` as a list of objects with `label` and `confidence`", confidences)
        return {c.get("label"): c.get("confidence") for c in confidences}

    def postprocess(self, value: Any) -> dict[str, Any]:
        """Return `{"label": most confident, "confidences": [...]}`, in descending order of confidence."""
        if value is None or (isinstance(value, Mapping) and not value):
            return {}
        if isinstance(value, (str, Path)) and str(value).endswith(".json") and Path(value).is_file():
            return self.postprocess(self._read(Path(value)))
        if isinstance(value, (str, int, float)):
            return {"label": str(value), "confidences": None}
        if not isinstance(value, Mapping):
            raise ValueError(  # noqa: TRY004 - programs written for Gradio catch ValueError
                f"The `Label` output interface expects one of: a string label, or an int label, a float label, "
                f"or a dictionary whose keys are labels and values are confidences. Instead, got a {type(value)}"
            )
        if "confidences" in value and isinstance(value["confidences"], (list, type(None))):
            return dict(value)
        return self._ranked(value)

    def _ranked(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        try:
            ranked = sorted(((label, float(sure)) for label, sure in value.items()), key=lambda pair: -pair[1])
        except (TypeError, ValueError):
            raise self.wrong("a dict with a number for each label", dict(value)) from None
        top = ranked[: self.num_top_classes]
        return {
            "label": ranked[0][0],
            "confidences": [{"label": label, "confidence": sure} for label, sure in top],
        }

    def _read(self, path: Path) -> Any:
        try:
            return orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise ValueError(
                f"{self.called} was given the file {path}, which does not contain JSON: {error}"
            ) from error

    def api_info(self) -> dict[str, Any]:
        return SCHEMA

    def example_payload(self) -> dict[str, Any]:
        return {
            "label": "Cat",
            "confidences": [{"label": "cat", "confidence": 0.9}, {"label": "dog", "confidence": 0.1}],
        }

    def example_value(self) -> dict[str, float]:
        return {"cat": 0.9, "dog": 0.1}
