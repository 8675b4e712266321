"""How often is a verdict right where the answer is known? Many replays with a small real detector.

    python -m experiments.fairness --replays 400 --out /dev/shm/fairness

An arm that selects at random under another name must be called "not distinguishable", and one that
sees the truth "better". The world is that of `tests/audit/bars.py`: a replay takes a second or so.
"""

import argparse
import shutil
from collections import Counter
from pathlib import Path

import numpy as np

from labelnext import audit
from labelnext.evaluate import sign_flip_p_value
from labelnext.machine import hardware
from labelnext.rounds.results import Study
from tests.audit import bars
from tests.audit.many import BASELINE, replayed, verdicts

WORDS = ("better", "worse", "not distinguishable")


def main() -> None:
    """Print a row an arm and number of seeds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replays", type=int, default=100, help="of six seeds each")
    parser.add_argument("--out", type=Path, required=True, help="a folder, best in memory")
    given = parser.parse_args()
    print(hardware())
    print("| arm | seeds | replays | better | worse | not distinguishable | p < .05 |")
    print("|---|---|---|---|---|---|---|")
    with bars.installed():
        for arm, replays in (("coin", given.replays), ("seer", max(1, given.replays // 10))):
            folder = given.out / arm
            try:
                plan, study = replayed(folder, [arm], replays=replays)
                assert audit.check(plan).problems == ()
                for seeds in (3, 6, 12):
                    row(study, arm, seeds)
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def row(study: Study, arm: str, seeds: int) -> None:
    """Verdicts with so many seeds a replay, and how often the test alone would have said so."""
    found = Counter(verdicts(study, arm, seeds=seeds, bootstrap=False))
    count = sum(found.values())
    low = np.mean([p < 0.05 for p in p_values(study, arm, seeds)])
    said = " | ".join(f"{found[word]} ({found[word] / count:.1%})" for word in WORDS)
    print(f"| {arm} | {seeds} | {count} | {said} | {low:.1%} |", flush=True)


def p_values(study: Study, arm: str, seeds: int) -> list[float]:
    """Sign-flip p of the mean miss rate over cycles, for each so many seeds."""
    means = {}
    for name in (arm, BASELINE):
        by_seed: dict[int, list[float]] = {}
        for r in study.results:
            if r.arm == name and r.metrics is not None:
                by_seed.setdefault(r.seed, []).append(r.metrics.miss_rate_at_fppi_1)
        means[name] = np.array([np.mean(by_seed[s]) for s in sorted(by_seed)])
    gaps = means[arm] - means[BASELINE]
    whole = range(0, len(gaps) - seeds + 1, seeds)
    return [sign_flip_p_value(gaps[at : at + seeds].tolist()) for at in whole]


if __name__ == "__main__":
    main()
