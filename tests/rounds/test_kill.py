"""A run that is killed at any point and started again ends like one that was left alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from labelnext.rounds.overview import opened
from tests.rounds.scenes import project, weights

pytest.importorskip("torch", reason="fire-fpn needs torch")

DRIVER = Path(__file__).with_name("kill_driver.py")
CYCLES = 3


def drive(folder, *, seed, kills):
    done = subprocess.run(
        [sys.executable, str(DRIVER), str(folder), str(CYCLES), str(seed), str(kills)],
        capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["killed"]


def state(folder):
    """Everything a loop leaves: picks with scores, labels, blocks, digests, weights, metrics."""
    with opened(folder) as p:
        steps = {(s.round, s.step): s.details for s in p.ledger.steps()}
        return (
            p.ledger.rounds(), p.ledger.picks(), sorted(p.ledger.blocked()),
            p.ledger.labels_digest(), weights(folder), steps,
        )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["divergence", "mc-dropout"])
def test_a_killed_run_ends_in_the_same_state(tmp_path, strategy):
    chosen = {"strategy": {"name": strategy, "within_cycle": 2, "across_cycles": 1}}
    if strategy == "mc-dropout":
        chosen["strategy"]["samples"] = 3
    left_alone = project(tmp_path / "left-alone", tmp_path / "data", **chosen)
    assert drive(left_alone, seed=0, kills=0) == 0
    expected = state(left_alone)
    assert len(expected[1]) == 3 * CYCLES
    killed = 0
    for seed in range(8):
        folder = project(tmp_path / f"killed-{seed}", tmp_path / "data", **chosen)
        killed += drive(folder, seed=seed, kills=12)
        assert state(folder) == expected
        assert not list(folder.rglob("*.partial")), "a torn file was left"
        if killed >= 12:
            break
    assert killed >= 12
