"""A replay goes on: more seeds, more cycles, after a kill, and past runs that fail."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from labelnext import audit
from labelnext.audit.ledgers import cycles_done
from labelnext.audit.plan import runs
from labelnext.cost import LabellingCost
from labelnext.rounds.config import Cost
from labelnext.rounds.overview import opened

DRIVER = """
import sys
from pathlib import Path
from labelnext import audit
from labelnext.rounds import setup
from tests.audit import bars
with bars.installed():
    config = setup.configure({"detector": {"name": "bars"}, "budget": 5})
    arms = tuple(map(audit.parse, ("random", "coin")))
    audit.replay(audit.Replay(Path(sys.argv[1]), config, arms, (0, 1), 4), workers=0)
"""


def picks(plan):
    found = {}
    for run in runs(plan):
        with opened(run.folder) as project:
            rows = [(p.round, p.rank, p.key) for p in project.ledger.picks()]
            weights = [
                s.details.get("weights") for s in project.ledger.steps() if s.step == "train"
            ]
            found[run.name] = (rows, weights)
    return found


def times(plan):
    return {file: file.stat().st_mtime_ns for file in plan.folder.rglob("*.safetensors")}


def test_more_seeds_and_cycles_add_to_what_is_there(make):
    plan = make("random", "coin", seeds=1, cycles=1)
    audit.replay(plan, workers=0)
    before, first = times(plan), picks(plan)
    wider = replace(plan, seeds=(0, 1), cycles=2)
    audit.replay(wider, workers=0)
    after = times(wider)
    assert {file: after[file] for file in before} == before
    grown = picks(wider)
    for name, (rows, weights) in first.items():
        assert grown[name][0][: len(rows)] == rows
        assert grown[name][1][: len(weights)] == weights
    assert [cycles_done(run) for run in runs(wider)] == [1, 2, 2, 1, 2, 2]


def test_seeds_and_cycles_given_at_once_or_bit_by_bit_are_the_same(make, tmp_path):
    plan = make("random", "coin", seeds=1, cycles=1)
    audit.replay(plan, workers=0)
    audit.replay(replace(plan, cycles=2), workers=0)
    audit.replay(replace(plan, seeds=(0, 1), cycles=2), workers=0)
    bit_by_bit = picks(replace(plan, seeds=(0, 1), cycles=2))
    other = tmp_path / "other"
    other.mkdir()
    (other / "index.sqlite").write_bytes(plan.index.read_bytes())
    at_once = replace(plan, folder=other, seeds=(0, 1), cycles=2)
    audit.replay(at_once, workers=0)
    assert picks(at_once) == bit_by_bit


def test_a_killed_replay_goes_on_to_the_same_end(make, tmp_path):
    plan = make("random", "coin", seeds=2, cycles=4)
    other = tmp_path / "killed"
    other.mkdir()
    (other / "index.sqlite").write_bytes(plan.index.read_bytes())
    audit.replay(plan, workers=0)
    running = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(other)], env={**os.environ, "PYTHONPATH": "."}
    )
    for _ in range(12_000):  # a busy machine takes its time
        if running.poll() is not None or list(
            other.glob("runs/*/*/.labelnext/weights/round-0002*")
        ):
            break
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    assert running.wait(60) == -signal.SIGKILL
    killed = replace(plan, folder=other)
    done = sum(cycles_done(run) for run in runs(killed))
    assert 2 <= done < 18
    audit.replay(killed, workers=0)
    assert picks(killed) == picks(plan)
    assert audit.check(killed).problems == ()


def test_a_run_that_fails_loses_no_other(make):
    plan = make("refuses", "random", "coin", seeds=2)
    told = []
    with pytest.raises(audit.RunsFailedError, match="2 runs could not be finished") as caught:
        audit.replay(plan, workers=0, progress=lambda task, n, total, **_: told.append((n, total)))
    assert [failure.run for failure in caught.value.failures] == [
        "refuses, seed 0", "refuses, seed 1"
    ]  # fmt: skip
    assert caught.value.failures[0].reason == "RuntimeError: this detector has no features"
    assert [cycles_done(run) for run in runs(plan)] == [1, 0, 2, 2, 1, 0, 2, 2]
    assert told[-1] == (10, 14)
    study = audit.study(plan, title="t", command="c", settings={}, top=0)
    assert {(r.arm, r.cycle) for r in study.results if r.cycle} == {
        (arm, cycle) for arm in ("random", "coin") for cycle in (1, 2)
    }


def test_an_initial_detector_that_fails_is_the_reason_for_its_arms(make):
    plan = make("random", seeds=1)
    plan = replace(plan, config=plan.config.model_copy(update={"train": {"what": 1}}))
    with pytest.raises(audit.RunsFailedError) as caught:
        audit.replay(plan, workers=0)
    first, second = caught.value.failures
    assert (first.run, "what" in first.reason) == ("initial detector, seed 0", True)
    assert second.reason == "the initial detector of seed 0 could not be made"


def test_minutes_left_are_told_and_fall_to_none(make):
    plan = make("random", "coin", seeds=1)
    found = audit.estimate(plan, workers=0)
    told = []
    audit.replay(
        plan, workers=0, left=found.left,
        progress=lambda task, n, total, **figures: told.append(figures["minutes left"]),
    )  # fmt: skip
    assert all(minutes >= 0 for minutes in told)
    assert told[-1] == 0


def test_a_study_has_outcomes_clips_and_labelling_time(make):
    plan = make("random", seeds=1)
    audit.replay(plan, workers=0)
    study = audit.study(plan, title="t", command="c", settings={}, top=0)
    assert study.cost is not None
    assert study.clips is not None
    assert study.clips.tolist() == list(range(8))  # stills, each a clip of its own
    for result in study.results:
        assert result.outcomes is not None
        assert result.outcomes.images == 8
        seconds = study.cost.seconds(result.images, result.instances)
        assert result.labelling_seconds == seconds
    config = plan.config.model_copy(update={"cost": Cost(per_image=60)})
    dear = audit.study(replace(plan, config=config), title="t", command="c", settings={}, top=0)
    assert dear.cost == LabellingCost(per_image=60)
