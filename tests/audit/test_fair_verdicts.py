"""Over many replays with a real detector, the verdict on chance is chance, and on the truth is won.

STRATEGIES §12. `experiments/fairness.py` does the same at length; docs/results/fairness.md.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from labelnext import audit
from labelnext.evaluate import sign_flip_p_value
from tests.audit import bars
from tests.audit.many import BASELINE, replayed, verdicts

MEMORY = Path("/dev/shm")  # where there is one: so many small ledgers wait for a disk


@pytest.fixture
def folder(unchecked: None, tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, checks of shapes off, and the little world known by name."""
    place = Path(mkdtemp(dir=MEMORY)) if MEMORY.is_dir() else tmp_path
    try:
        with bars.installed():
            yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.mark.slow
def test_an_arm_that_is_random_by_another_name_is_not_distinguishable(folder: Path) -> None:
    plan, study = replayed(folder, ["coin"], replays=40, test=10)
    found = verdicts(study, "coin")
    assert len(found) == 40
    assert found.count("not distinguishable") >= 36
    # Its picks are its own: equal draws would be a hollow proof.
    ends = {(r.arm, r.seed): r.instances for r in study.results if r.cycle == plan.cycles}
    gaps = [ends["coin", seed] - ends[BASELINE, seed] for seed in plan.seeds]
    assert sum(gap != 0 for gap in gaps) > 120
    assert sign_flip_p_value(gaps[:20]) > 0.01
    assert audit.check(plan).problems == ()


def test_an_arm_that_sees_the_truth_is_better(folder: Path) -> None:
    plan, study = replayed(folder, ["seer"], replays=3, test=24)
    assert verdicts(study, "seer") == ["better"] * 3
    assert audit.check(plan).problems == ()


def test_the_detector_learns(folder: Path) -> None:
    _, study = replayed(folder, [], replays=1, cycles=6, budget=10)
    rates = {
        cycle: [
            r.metrics.miss_rate_at_fppi_1 for r in study.results if r.cycle == cycle and r.metrics
        ]
        for cycle in (0, 6)
    }
    assert max(rates[6]) < min(rates[0]) - 0.1
