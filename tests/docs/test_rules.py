"""Every rule of the state contract has a test that names it, and the page says which."""

from __future__ import annotations

import re

from tests.docs import rules


def test_every_rule_has_a_test_or_a_reason_why_not() -> None:
    without = {str(rule) for rule in rules.stated() - set(rules.tested())}
    assert without - set(rules.NOT_HELD) == set(), "Name the rule in a test's docstring, or say why not in NOT_HELD."


def test_tests_name_no_rule_that_the_page_does_not_state() -> None:
    assert set(rules.tested()) - rules.stated() == set()


def test_what_is_not_held_is_a_rule_of_the_page() -> None:
    assert set(rules.NOT_HELD) - {str(rule) for rule in rules.stated()} == set()


def test_the_page_is_numbered_without_holes() -> None:
    stated = rules.stated()
    assert stated
    assert all(rule.number == 1 or rule._replace(number=rule.number - 1) in stated for rule in stated)
    assert {rule.chapter for rule in stated} == set(range(1, 12))


def test_the_table_claims_nothing_that_is_not_so() -> None:
    """It may lack the newest tests; `python -m tests.docs.rules` writes it anew."""
    files = rules.tested()
    rows = [line for line in rules.shown().splitlines() if line.startswith("| R")]
    assert len(rows) == len(rules.stated())
    for row in rows:
        _, name, where, missing, _ = (cell.strip() for cell in row.split("|"))
        (rule,) = rules.rules_in(name)
        claimed = set(re.findall(r"\(\.\./([^)]+)\)", where))
        assert claimed or missing, f"{name} has neither a test nor a reason; run python -m tests.docs.rules"
        assert claimed - set(files.get(rule, [])) == set(), f"{name}; run python -m tests.docs.rules"
        assert missing == rules.NOT_HELD.get(name, ""), f"{name}; run python -m tests.docs.rules"
