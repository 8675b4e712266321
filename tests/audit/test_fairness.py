"""The check of a replay's fairness finds what was done to its ledgers."""

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from labelnext import audit
from labelnext.audit.plan import runs
from labelnext.rounds import setup
from tests.audit import bars


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A replay that is left as it is; tests change copies of it."""
    base = tmp_path_factory.mktemp("fair")
    with bars.installed():
        config = setup.configure({"detector": {"name": "bars"}, "budget": 5})
        arms = tuple(map(audit.parse, ("random", "coin")))
        made = audit.Replay(base / "out", config, arms, (0, 1), 2, True)
        audit.index_sources(made, bars.sources(base / "data", pool=40, test=8))
        audit.replay(made, workers=0)
    return made


@pytest.fixture
def plan(finished, world, tmp_path):
    shutil.copytree(finished.folder, tmp_path / "copy")
    return replace(finished, folder=tmp_path / "copy")


def ledger(plan, name="coin, seed 1"):
    """For doing what no labelnext command does."""
    (run,) = (run for run in runs(plan) if run.name == name)
    return closing(sqlite3.connect(run.folder / ".labelnext" / "ledger.sqlite"))


def change(plan, sql):
    with ledger(plan) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        assert db.execute(sql).rowcount > 0
        db.commit()


def edit(plan, step, number, changes, name="coin, seed 1"):
    """Change what a step recorded; None removes a key."""
    with ledger(plan, name) as db:
        where = "step = ? AND round = ?"
        row = db.execute(f"SELECT details FROM steps WHERE {where}", (step, number)).fetchone()
        details = {**json.loads(row[0]), **changes}
        kept = {key: value for key, value in details.items() if value is not None}
        db.execute(f"UPDATE steps SET details = ? WHERE {where}", (json.dumps(kept), step, number))
        db.commit()


def found(plan):
    checked = audit.check(plan)
    assert checked.runs == 6
    assert str(len(checked.problems)) in checked.words
    return [problem.partition(": ")[2] for problem in checked.problems]


def test_a_fair_replay_has_no_problems(plan):
    checked = audit.check(plan)
    assert checked.problems == ()
    assert checked.words.startswith("6 runs, read from their ledgers: within a seed the same")


def test_nothing_was_run(make):
    assert audit.check(make("random")).runs == 0
    half = make("random", "coin", seeds=2)
    audit.replay(replace(half, seeds=(1,), arms=half.arms[:1]), workers=0)
    checked = audit.check(half)
    assert (checked.runs, checked.problems) == (1, ())


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("UPDATE rounds SET seed = 7 WHERE number = 2", "round 2 drew from seed 7."),
        ("UPDATE rounds SET budget = 9 WHERE number = 1", "round 1 had a budget of 9, not 5."),
        ("UPDATE rounds SET pool_digest = 'x' WHERE number = 2", "round 2 chose from another pool"),
        ("UPDATE rounds SET weights_digest = 'x' WHERE number = 1",
         "its first round was not scored by the initial detector."),
        ("""UPDATE rounds SET strategy = replace(strategy, '"salt": 0', '"salt": 3')""",
         "round 1 was chosen with salt=3, not 0."),
        ("DELETE FROM picks WHERE round = 1 AND rank = 5", "round 1 picked 4 images"),
        ("UPDATE picks SET key = 'elsewhere/0.png' WHERE round = 2 AND rank = 1",
         "1 picks are not of the pool, such as elsewhere/0.png."),
        ("UPDATE labels SET key = 'test/0000.png' WHERE key = (SELECT min(key) FROM labels)",
         "1 images were labelled without being picked, such as test/0000.png."),
        ("""UPDATE labels SET truth = '{"boxes": [[0, 0, 9, 9]], "classes": [0], "ignore": [false],
         "visible": [1.0]}' WHERE key = (SELECT min(key) FROM labels)""",
         "1 labels are not those of the index, such as that of"),
    ],
)  # fmt: skip
def test_a_row_that_was_changed_is_found(plan, sql, said):
    change(plan, sql)
    assert any(said in problem for problem in found(plan))
    assert all(p.startswith("coin, seed 1: ") for p in audit.check(plan).problems)


@pytest.mark.parametrize(
    ("step", "number", "changes", "said"),
    [
        ("train", 2, {"images": 12}, "round 2 was trained on 12 images, with 10 labelled."),
        ("train", 0, {"weights": "x"}, "its initial weights are not those of its seed."),
        ("evaluate", 2, {"images": 7}, "cycle 2 was tested on 7 images."),
        ("evaluate", 1, {"test_digest": "x"}, "cycle 1 was tested on another test set."),
        ("evaluate", 1, {"metrics": {"instances": 3}}, "cycle 1 was tested on 3 objects."),
        ("evaluate", 0, {"settings": {"iou": 0.1}}, "cycle 0 was evaluated by other settings."),
    ],
)
def test_a_record_that_was_changed_is_found(plan, step, number, changes, said):
    edit(plan, step, number, changes)
    assert said in found(plan)
    assert all(p.startswith("coin, seed 1: ") for p in audit.check(plan).problems)


def test_other_settings_of_one_run_are_found(plan):
    (run,) = (run for run in runs(plan) if run.name == "random, seed 0")
    file = run.folder / "labelnext.toml"
    file.write_text(file.read_text().replace("batch_size = 8", "batch_size = 4"))
    assert found(plan) == ["its setting batch_size is 4, the study's is 8."]


def test_a_pool_that_grew_is_found(plan, tmp_path):
    audit.index_sources(plan, {"pool": [f"coco:{bars.draw(tmp_path / 'more', 3, seed=9)}"]})
    assert found(plan)[:2] == [f"round {n} chose from another pool." for n in (1, 2)]


def test_ledgers_of_older_versions_pass(plan):
    """They know neither digests of the test set nor settings nor arguments that came later."""
    older = dict.fromkeys(("test_digest", "settings", "left_out", "outcomes"))
    for run in runs(plan):
        for number in range(run.cycles + 1):
            edit(plan, "evaluate", number, older, name=run.name)
    change(plan, """UPDATE rounds SET strategy = '{"name": "coin"}'""")
    assert audit.check(plan).problems == ()
    study = audit.study(plan, title="t", command="c", settings={}, top=0)
    assert study.clips is None
    assert all(result.outcomes is None for result in study.results)
