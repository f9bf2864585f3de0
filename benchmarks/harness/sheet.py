"""What was asked, what was measured, and how it compares: samples by metric and subject, medians, ratios, budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

OURS = "Holdfast"
GRADIO = "Gradio"
FLOOR = "floor"


@dataclass(frozen=True)
class Budget:
    """What a metric of ours may come to.

    Args:
        metric: Which.
        limit: In the metric's unit, or as a share of another subject's value.
        of: The other subject; `None` for a limit of its own.
        plus: Added to the other's share, in the metric's unit.
        of_metric: The other subject's metric, when it is not the same one.
    """

    metric: str
    limit: float
    of: str | None = None
    plus: float = 0.0
    of_metric: str | None = None


@dataclass(frozen=True)
class Metric:
    """One thing that is measured.

    Args:
        name: How it is called.
        unit: In what; "" for a plain number.
        digits: Significant ones when it is shown.
    """

    name: str
    unit: str = ""
    digits: int = 3


@dataclass(frozen=True)
class Question:
    """What one command answers.

    Args:
        name: What the command is called.
        title: The question itself.
        how: How it is measured, in a sentence or two.
        metrics: What is measured.
        budgets: What ours may come to.
    """

    name: str
    title: str
    how: str
    metrics: Sequence[Metric]
    budgets: Sequence[Budget] = ()

    def metric(self, name: str) -> Metric:
        """The metric of a name."""
        return next(metric for metric in self.metrics if metric.name == name)


@dataclass
class Sheet:
    """What was measured for a question."""

    question: Question
    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """By metric, then subject; samples of one round have one index."""
    cannot: dict[str, dict[str, str]] = field(default_factory=dict)
    """Why there is no number, by metric and subject."""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    load: float = 0.0

    def add(self, metric: str, subject: str, value: float) -> None:
        """One sample."""
        self.question.metric(metric)
        self.samples.setdefault(metric, {}).setdefault(subject, []).append(value)

    def no(self, metric: str, subject: str, why: str) -> None:
        """There is no number, and why."""
        self.question.metric(metric)
        self.cannot.setdefault(metric, {})[subject] = why

    def values(self, metric: str, subject: str) -> list[float]:
        """All samples."""
        return self.samples.get(metric, {}).get(subject, [])

    def median(self, metric: str, subject: str) -> float | None:
        """The middle sample, if there is any."""
        found = self.values(metric, subject)
        return median(found) if found else None

    def ratio(self, metric: str, of: str, of_metric: str | None = None, plus: float = 0.0) -> float | None:
        """Ours by another subject's: the median of the rounds' ratios."""
        ours, theirs = self.values(metric, OURS), self.values(of_metric or metric, of)
        if not ours or not theirs:
            return None
        if len(ours) == len(theirs):
            ratios = [max(a - plus, 0.0) / b for a, b in zip(ours, theirs, strict=True) if b]
            return median(ratios) if ratios else None
        return max(median(ours) - plus, 0.0) / median(theirs) if median(theirs) else None

    def verdict(self, budget: Budget) -> tuple[bool | None, float | None]:
        """Whether a budget is met, and what was compared with its limit; `None` when it could not be told."""
        if budget.of is None:
            got = self.median(budget.metric, OURS)
        else:
            got = self.ratio(budget.metric, budget.of, budget.of_metric, budget.plus)
        return (None if got is None else got <= budget.limit), got

    def subjects(self) -> list[str]:
        """Who was measured, ours first."""
        found: dict[str, None] = {}
        for metric in self.question.metrics:
            found |= dict.fromkeys([*self.samples.get(metric.name, ()), *self.cannot.get(metric.name, ())])
        order = [OURS, GRADIO, FLOOR]
        return [*(s for s in order if s in found), *(s for s in found if s not in order)]

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "question": self.question.name,
            "title": self.question.title,
            "how": self.question.how,
            "metrics": [self._plain_metric(metric) for metric in self.question.metrics],
            "budgets": [self._plain_budget(budget) for budget in self.question.budgets],
            "notes": self.notes,
            "seconds": round(self.seconds, 1),
            "load": round(self.load, 1),
        }

    def _plain_metric(self, metric: Metric) -> dict[str, Any]:
        subjects: dict[str, Any] = {}
        for subject in self.subjects():
            values = self.values(metric.name, subject)
            if values:
                subjects[subject] = {
                    "median": median(values),
                    "low": min(values),
                    "high": max(values),
                    "samples": [round(value, 6) for value in values],
                }
            elif subject in self.cannot.get(metric.name, {}):
                subjects[subject] = {"cannot": self.cannot[metric.name][subject]}
        ratios = {of: self.ratio(metric.name, of) for of in (GRADIO, FLOOR)}
        return {
            "name": metric.name,
            "unit": metric.unit,
            "digits": metric.digits,
            "subjects": subjects,
            "ours_by": {of: ratio for of, ratio in ratios.items() if ratio is not None},
        }

    def _plain_budget(self, budget: Budget) -> dict[str, Any]:
        met, got = self.verdict(budget)
        return {"text": budget_text(budget, self.question.metric(budget.metric)), "met": met, "got": got}


def budget_text(budget: Budget, metric: Metric) -> str:
    """A budget as people read it."""
    if budget.of is None:
        limit = f"{budget.limit:g} {metric.unit}".strip()
    else:
        share = f"1/{round(1 / budget.limit)}" if budget.limit < 1 else f"{budget.limit:g} ×"
        whose = f"{budget.of}'s" if budget.of != FLOOR else "the floor's"
        other = f" {budget.of_metric}" if budget.of_metric else ""
        more = f" + {budget.plus:g} {metric.unit}" if budget.plus else ""
        limit = f"{share} of {whose}{other}{more}" if budget.limit < 1 else f"{share} {whose}{other}{more}"
    return f"{metric.name} ≤ {limit}"


def number(value: float, digits: int = 3) -> str:
    """A number as people read it: so many significant digits, no exponent."""
    if value == 0:
        return "0"
    size = len(str(int(abs(value)))) if abs(value) >= 1 else 0
    if size >= digits:
        return f"{round(value):,}"
    text = f"{value:.{digits}g}" if abs(value) >= 0.001 else f"{value:.2g}"
    return f"{float(text):,.10f}".rstrip("0").rstrip(".")
