"""Attack a server for a given time: `python -m tests.hostile --seconds 3600`."""

from __future__ import annotations

import argparse
import random
import time

from tests.hostile.attacks import ATTACKS
from tests.hostile.fuzz import fuzz
from tests.hostile.victim import Victim


def main() -> None:
    """Attack in rounds, each with the next seed, until a round finds a fault; then report its seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, default=1, help="of the first round (default: 1)")
    given = parser.parse_args()
    end, seed = time.monotonic() + given.seconds, given.seed
    with Victim() as victim:
        while time.monotonic() < end:
            dice = random.Random(seed)
            print(f"seed {seed}", victim.counted(), f"{victim.rss() >> 20} MB", flush=True)
            fuzz(victim, dice, 200)
            for attack in ATTACKS:
                attack(victim, dice)
                victim.check()
            seed += 1
        before, peak = victim.before >> 20, victim.peak() >> 20
        print(f"{seed - given.seed} rounds found nothing; {before} MB at first, {peak} MB at most")


if __name__ == "__main__":
    main()
