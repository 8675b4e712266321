"""A replay pairs its arms, computes nothing twice, and gathers what it has."""

import pytest

from labelnext import audit, report
from labelnext.audit.replay import CEILING
from labelnext.errors import LabelnextError
from labelnext.rounds import setup
from labelnext.rounds.overview import opened
from tests.rounds.scenes import TINY, draw

pytest.importorskip("torch", reason="fire-fpn needs torch")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    base = tmp_path_factory.mktemp("replay")
    sources = {
        role: [f"coco:{draw(base / role, count, seed=seed, video=video)}"]
        for role, count, seed, video in
        (("initial", 5, 1, None), ("pool", 16, 2, "drive"), ("test", 4, 3, None))
    }  # fmt: skip
    values = {**TINY, "budget": 2, "train": {"epochs": 1}}
    arms = ("divergence", "guided-random", "divergence[aggregate=mean,budget=3]")
    plan = audit.Replay(
        base / "out", setup.configure(values), tuple(map(audit.parse, arms)), (0, 1), 2, True
    )
    audit.index_sources(plan, sources)
    told = []
    audit.replay(plan, workers=2, progress=lambda task, n, total, **_: told.append((n, total)))
    return plan, told


def ledger_of(folder, read):
    with opened(folder) as project:
        return read(project.ledger)


def test_progress_reaches_its_total(done):
    _, told = done
    total = 2 + 2 * 3 * 2 + 2
    assert told[-1] == (total, total)
    assert [n for n, _ in told] == sorted(n for n, _ in told)


def test_arms_of_a_seed_share_weights_data_and_training_seeds(done):
    plan, _ = done
    starts = {}
    for seed in plan.seeds:
        for arm in plan.arms:
            with opened(plan.run_folder(arm, seed)) as p:
                rounds = p.ledger.rounds()
                start = p.ledger.step(0, "train").details["weights"]
                metrics = str(p.ledger.step(0, "evaluate").details)
                key = (start, rounds[0].weights_digest, rounds[0].pool_digest, metrics,
                       p.seed("train", 1), p.index.digest("test"))  # fmt: skip
            assert starts.setdefault(seed, key) == key
    assert starts[0][0] != starts[1][0]
    assert starts[0][4] != starts[1][4]


def test_budgets_and_strategies_are_the_arms_own(done):
    plan, _ = done
    sizes = {
        arm.name: ledger_of(plan.run_folder(arm, 0), lambda db: len(db.picks(1)))
        for arm in plan.arms
    }
    assert list(sizes.values()) == [2, 2, 3]
    recorded = ledger_of(plan.run_folder(plan.arms[2], 0), lambda db: db.rounds()[0].strategy)
    assert recorded["aggregate"] == "mean"


def test_the_ceiling_is_the_whole_pool(done):
    plan, _ = done
    picked = ledger_of(plan.run_folder(CEILING, 1), lambda db: len(db.picks(1)))
    assert picked == 16


def test_a_second_call_computes_nothing(done):
    plan, _ = done
    before = {f: f.stat().st_mtime_ns for f in plan.folder.rglob("*.safetensors")}
    audit.replay(plan, workers=1)
    assert {f: f.stat().st_mtime_ns for f in plan.folder.rglob("*.safetensors")} == before


def test_a_study_holds_every_cycle_and_is_shown(done, tmp_path):
    plan, _ = done
    study = audit.study(plan, title="t", command="c", settings={}, top=1)
    keys = {(r.arm, r.seed, r.cycle) for r in study.results}
    assert keys == {(a.name, s, c) for a in plan.arms for s in (0, 1) for c in (0, 1, 2)}
    assert len(study.references["whole pool"]) == 2
    assert study.pool_images == 16
    assert {f.arm for f in study.frames} == {a.name for a in plan.arms}
    shown = {f.arm: f.pixel_scores is not None for f in study.frames}
    assert shown["divergence"]
    assert not shown["guided-random"]
    page = report.write(study, tmp_path)
    assert "divergence[aggregate=mean,budget=3]" in page.read_text()


def test_an_unknown_strategy_stops_before_anything_runs(done, tmp_path):
    plan, _ = done
    arms = (audit.parse("divergence"), audit.parse("best"))
    wrong = audit.Replay(tmp_path / "out", plan.config, arms, (0,), 1)
    with pytest.raises(LabelnextError, match="no strategy called 'best'"):
        audit.replay(wrong)
    assert not (tmp_path / "out").exists()
