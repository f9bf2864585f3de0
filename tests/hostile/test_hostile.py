"""A short run of the hostile client with a fixed seed: memory stays within the counted bytes, and open pages continue.

C1 to C5 (R4.4, R4.6): every attack of section C against one server in a separate process.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator

import pytest
from tests.hostile.attacks import ATTACKS
from tests.hostile.fuzz import fuzz
from tests.hostile.victim import Victim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


@pytest.fixture(scope="module")
def victim() -> Iterator[Victim]:
    with Victim() as found:
        yield found


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_holds_no_more_bytes_than_the_limits(
    victim: Victim, attack: Callable[[Victim, random.Random], None]
) -> None:
    """C1, C2, C3, C4, C5."""
    attack(victim, random.Random(1))
    victim.check()


def test_random_requests_and_frames_are_answered(victim: Victim) -> None:
    """C1: the server continues, and no response is an internal error."""
    fuzz(victim, random.Random(1), 300)
