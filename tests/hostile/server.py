"""The attacked server, in a separate process. It prints its counts for each line that it reads."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from typing import Any

import holdfast as gr
from holdfast.launch import start
from holdfast.server.kept import Kept

MB = 1024 * 1024
LIMITS = {
    "held_bytes": 24 * MB,
    "visitor_bytes": 12 * MB,
    "session_bytes": 4 * MB,
    "results_bytes": 8 * MB,
    "visitor_results_bytes": 4 * MB,
    "bodies_bytes": 16 * MB,
    "visitor_bodies_bytes": 12 * MB,
    "body_bytes": 4 * MB,
    "body_values": 100_000,
    "body_seconds": 5,
    "header_seconds": 5,
    "connections": 200,
    "image_pixels": 1_000_000,
    "visitor_sessions": 500,
}


def app() -> gr.Blocks:
    """Return an app with a function of each kind that the attacks need."""

    async def slow(text: str) -> str:
        await asyncio.sleep(0.5)
        return text

    with gr.Blocks() as demo:
        box, kept, picture = gr.Textbox(), gr.State(""), gr.Image(type="filepath")
        box.submit(lambda text: text, box, box, api_name="echo")
        box.input(slow, box, box, api_name="slow", concurrency_limit=1)
        box.blur(lambda text: text, box, kept, api_name="keep")
        picture.upload(str, picture, box, api_name="picture")
        box.change(lambda text: text, kept, box, api_name="kept")
    return demo


def counted(site: Any) -> dict[str, int]:
    """Return the server's counts, in bytes and in number."""
    kept = [one for one in gc.get_objects() if isinstance(one, Kept)]
    return {
        "held": site.runtime.sessions.holdings.held,
        "bodies": site.bodies.held,
        "kept": sum(one.holdings.held for one in kept),
        "things": sum(len(one) for one in kept),
        "sessions": len(site.runtime.sessions),
        "pages": site.runtime.sessions.count_open,
        "state": site.runtime.engine.held().bytes,
    }


def main() -> None:
    """Serve until the input ends."""
    options: Any = {"limits": LIMITS, "state_session_capacity": 300, "state_memory_limit": 8 * MB, "mcp_server": True}
    demo = app()
    server = start(demo, options, server_port=0, quiet=True)
    events = {listener.api_name: listener.identity for listener in demo.spec.listeners.values()}
    print(json.dumps({"port": server.port, "events": events}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(counted(server.app.state.context)), flush=True)
    server.close()


if __name__ == "__main__":
    main()
