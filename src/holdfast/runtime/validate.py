"""Run validators: functions that check the inputs before an event is queued and can reject it."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from holdfast import logs
from holdfast.errors import BadRequest, Malformed
from holdfast.files import rules as file_rules
from holdfast.files.rules import FileRules
from holdfast.runtime import current
from holdfast.runtime.invocation import Invocation
from holdfast.runtime.plan import plan_of
from holdfast.runtime.report import log_failure
from holdfast.runtime.threads import Threads, failure_from, outlast

if TYPE_CHECKING:
    from holdfast.graph.listener import Listener
    from holdfast.runtime.jobs import Job
    from holdfast.state import StateEngine


logger = logging.getLogger("holdfast.runtime")


def checker(listener: Listener) -> Listener:
    """Return a listener that runs the validator: the same inputs, no outputs."""
    found: Listener | None = listener.__dict__.get("checker")
    if found is None:
        found = dataclasses.replace(listener, fn=listener.validator, outputs=(), validator=None, batch=False)
        listener.__dict__["checker"] = found
    return found


async def validate(job: Job, engine: StateEngine, threads: Threads, rules: FileRules) -> None:
    """Run a job's validator, if its listener has one.

    Args:
        job: Event that is not queued yet.
        engine: Engine that provides the States among the inputs; nothing is committed.
        threads: Threads that run synchronous validators.
        rules: Rules for the files that a value can refer to.

    Raises:
        Malformed: An input is invalid. The detail is the list of verdicts, in the order of the inputs.
        BadRequest: The validator itself failed.
    """
    listener, plan = job.listener, job.plan
    if listener.validator is None:
        return
    token, before = current.job.set(None), logs.about.set((job.session.id, job.id))
    file_rules.enter(rules)
    job.listener, job.plan = checker(listener), plan_of(checker(listener))
    try:
        async with engine.event(job.session.owners, job.plan.reads, ()) as event:
            call = Invocation(job, job.call.data, await event.values(), rules, threads)
            verdicts = _named(await _verdict(call, threads), listener)
    except (Exception, SystemExit) as raised:
        error = failure_from(raised)
        log_failure(error, job.plan.name)
        raise BadRequest(str(error)) from error
    finally:
        job.listener, job.plan = listener, plan
        current.job.reset(token)
        logs.about.reset(before)
    _check(job, verdicts)


def _check(job: Job, verdicts: list[dict[str, Any]]) -> None:
    messages = [str(each.get("message") or "") for each in verdicts if not each["is_valid"]]
    if messages:
        about = {"session": job.session.id, "event": job.id}
        logger.info(
            "%r was not run because its validator rejected the input: %s",
            job.plan.name,
            "; ".join(messages),
            extra=about,
        )
        raise Malformed(verdicts)


async def _verdict(call: Invocation, threads: Threads) -> Any:
    if call.plan.kind == "async":
        return await (await call.start_on_loop())
    verdict = await outlast(threads.run(call.start))
    return await verdict if isinstance(verdict, Coroutine) else verdict


def _named(verdict: Any, listener: Listener) -> list[dict[str, Any]]:
    """Return the verdicts, each with the name of its parameter. `None` means that the input is valid."""
    if verdict is None:
        return []
    given = list(verdict) if isinstance(verdict, list | tuple) else [verdict]
    names = listener.signature.input_names(len(listener.inputs), listener.keyword_inputs)
    found = []
    for index, each in enumerate(given):
        if each is None:
            continue
        if not isinstance(each, dict) or "is_valid" not in each:
            raise ValueError(
                f"The validator of {listener.api_name or 'a listener'!r} returned a {type(each).__name__} for input "
                f"{index}. Return `gr.validate(is_valid, message)`, or a list of them, one per input."
            )
        name = names[index] if index < len(names) else f"param_{index}"
        found.append({**each, "parameter_name": name})
    return found
