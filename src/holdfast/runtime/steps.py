"""Every kind of function as one async iterator of steps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine

from holdfast.runtime.generators import GeneratorThread
from holdfast.runtime.invocation import Invocation
from holdfast.runtime.outputs import Step
from holdfast.runtime.threads import Threads, outlast


async def steps(call: Invocation, threads: Threads, generators: Threads) -> AsyncIterator[Step]:
    """Run a function: one step for a plain function, one per `yield` for a generator.

    A generator is closed, and its `finally` has run, before this iterator's `aclose()` returns; a plain function that
    runs in a thread has ended by then.

    Args:
        call: The function and what it is called with.
        threads: Where plain synchronous functions run.
        generators: Where synchronous generators run, each in a thread of its own.
    """
    kind = call.plan.kind
    if kind == "plain":
        step = await outlast(threads.run(call.whole))
        yield await call.outputs_from_loop(await step) if isinstance(step, Coroutine) else step
    elif kind == "async":
        yield await call.outputs_from_loop(await (await call.start_on_loop()))
    elif kind == "async generator":
        generator = await call.start_on_loop()
        try:
            async for value in generator:
                yield await call.outputs_from_loop(value)
        finally:
            await generator.aclose()
    else:
        thread = GeneratorThread(generators, call.start, call.outputs, lockstep=call.plan.lockstep)
        try:
            while batch := await thread.next():
                for step in batch:
                    yield step
        finally:
            await thread.close()
