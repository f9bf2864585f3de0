"""Pages built by another version of the program (R6.8).

D10: related cases: bare numbers, identities unknown to pages of this and of another version, triggers by number, an
event sent again after it ran, methods of components. All but the last event were affected.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.server.conftest import Serve

import holdfast as gr


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        box, out = gr.Textbox(), gr.Textbox()

        def target(text: str, event: gr.EventData) -> str:
            return f"{text} {type(event.target).__name__}"

        box.submit(target, box, out)
    return demo


@pytest.mark.parametrize("more", [{"fn": 0}, {"event": 0}, {"event": "0"}, {"event": "", "fn": 0}])
def test_a_bare_number_is_never_enough(serve: Serve, more: dict[str, Any]) -> None:
    """D10."""
    served = serve(app())
    with served.socket() as page:
        page.say(type="submit", event_id="e1", data=["a"], **more)
        assert page.hear()["status"] in {404, 422}


def test_events_only_in_another_version_are_rejected_as_outdated_and_shared_ones_run(serve: Serve) -> None:
    """D10: numbers of components from another version are ignored; the listener's only target is used instead."""
    served = serve(app())
    with served.socket(hello=False) as page:
        assert page.hello(program="another")["program"] == served.demo.spec.program
        page.submit("e1", "gone.0123456789abc", ["a"], trigger=2)
        refused = page.hear()
        assert (refused["type"], refused["event_id"], refused["status"]) == ("refused", "e1", 410)
        page.submit("e2", 0, ["a"], trigger=2)
        assert page.until_completed("e2")[-1]["output"]["data"] == ["a Textbox"]


def test_an_event_missing_in_this_version_is_not_found(serve: Serve) -> None:
    """D10: rendering a part again is not an update of the app."""
    served = serve(app())
    with served.socket(hello=False) as page:
        page.hello(program=served.demo.spec.program)
        page.submit("e1", "gone.0123456789abc", ["a"])
        assert page.hear()["status"] == 404


def test_components_of_another_version_are_not_called(serve: Serve) -> None:
    """D10."""
    served = serve(app())
    with served.socket() as page:
        asked = {"component_id": 1, "fn_name": "x", "session_hash": page.welcome["session"], "program": "another"}
        assert served.post("/gradio_api/component_server", asked).status_code == 410


def test_official_clients_still_use_numbers_and_names(serve: Serve) -> None:
    """D10: their protocol is Gradio's and is unchanged."""
    served = serve(app())
    joined = served.post("/gradio_api/queue/join", {"data": ["a"], "fn_index": 0, "session_hash": "s"})
    assert joined.status_code == 200
    assert served.call("target", ["a"])[-1][0] == "complete"
