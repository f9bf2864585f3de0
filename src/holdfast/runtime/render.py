"""Run `gr.render`: its function builds blocks, the session's view adopts them, and the page receives their config."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from holdfast.components.base import published
from holdfast.graph.app_config import render_config
from holdfast.runtime.invocation import Invocation
from holdfast.runtime.settings import RuntimeOptions
from holdfast.runtime.threads import Threads, outlast

if TYPE_CHECKING:
    from holdfast.graph.graph import Graph
    from holdfast.graph.render import RenderSpec
    from holdfast.runtime.jobs import Job
    from holdfast.runtime.session import Session
    from holdfast.state import CellSpec, StateEngine


class Renders:
    """Runs the `gr.render`s of an app. Those of one session run one after another because they share its block IDs.

    Args:
            threads: Threads that run synchronous functions.
            engine: Engine that drops the State of removed blocks.
            options: Settings with the file rules.
    """

    def __init__(self, threads: Threads, engine: StateEngine, options: RuntimeOptions) -> None:
        self.threads = threads
        self.engine = engine
        self.options = options
        self._turns: WeakKeyDictionary[Session, asyncio.Lock] = WeakKeyDictionary()

    async def run(self, job: Job, cells: Mapping[CellSpec, Any]) -> dict[str, Any]:
        """Run a render and apply its blocks to the session's view.

        Returns:
            The page's update, in the form of Gradio's `render_config`.
        """
        session, spec = job.session, job.listener.render
        if spec is None:
            raise TypeError(f"{job.plan.name!r} is not a gr.render.")
        async with self._turns.setdefault(session, asyncio.Lock()):
            view = session.view
            call = Invocation(job, job.call.data, cells, self.options.file_rules, self.threads)
            graph = await self._build(call, spec)
            before = {block.id: block for block in view.states}
            view.apply_render(spec.render_id, graph)
            after = {block.id for block in view.states}
            gone = [block.cell for id, block in before.items() if id not in after]  # type: ignore[attr-defined]
            if gone:
                self.engine.discard_cells(session.id, gone)
            rules = self.options.file_rules
            return render_config(
                view,
                graph,
                spec.render_id,
                compact=job.call.origin == "page",
                publish=lambda block, name, payload: published(block, name, payload, rules),
            )

    async def _build(self, call: Invocation, spec: RenderSpec) -> Graph:
        view = call.job.session.view
        if call.plan.kind == "async":
            with spec.building(view) as graph:
                await (await call.start_on_loop())
            return graph

        def build() -> tuple[Graph, Any]:
            with spec.building(view) as graph:
                result = call.start()
            return graph, result

        graph, result = await outlast(self.threads.run(build))
        if isinstance(result, Coroutine):
            result.close()
            raise TypeError(
                f"gr.render called {call.plan.name!r}, which returned a coroutine. Define the function with `async "
                "def`."
            )
        return graph
