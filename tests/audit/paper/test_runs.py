"""The runs behind figures: each arm once, with its own number of cycles."""

from dataclasses import replace

import pytest

from labelnext.audit.paper import figure, gather, replays, run
from labelnext.audit.plan import runs


def made(*numbers, budget=4):
    return [figure(number, budget=budget) for number in numbers]


def test_figures_share_their_arms(make):
    plan = make(cycles=6, ceiling=True)
    usual, larger = replays(made(5, 7, 8, 10), plan)
    names = [arm.name for arm in usual.arms]
    assert len(names) == len(set(names))
    assert set(names) == {
        "divergence", "guided-random", "entropy", "mc-dropout[dropout=0.5]",
        "divergence[aggregate=mean]", "divergence[smooth=false]", "divergence[temporal=false]",
    }  # fmt: skip
    assert [arm.name for arm in larger.arms] == ["divergence[budget=12]"]
    assert (usual.cycles, larger.cycles) == (6, 2)
    assert (usual.ceiling, larger.ceiling) == (True, False)
    for seed in plan.seeds:
        assert usual.initial_folder(seed) == larger.initial_folder(seed)


@pytest.mark.parametrize(
    ("numbers", "asked", "given"),
    [((5,), True, True), ((5,), False, False), ((7, 10, 12), True, False)],
)
def test_the_whole_pool_is_trained_on_where_a_figure_shows_it(make, numbers, asked, given):
    (plan,) = replays(made(*numbers), make(ceiling=asked))
    assert plan.ceiling is given
    assert any(one.arm == ("whole pool",) for one in runs(plan)) is given


def test_one_study_of_all_runs_and_nothing_twice(make):
    plan = make(cycles=2, budget=4, seeds=1, ceiling=True)
    plans = replays(made(8), plan)
    assert run(plans, workers=0) == ()
    study = gather(plans, title="t", command="c")
    cycles = {arm: {r.cycle for r in study.results if r.arm == arm} for arm in study.planned_arms}
    assert cycles == {
        "divergence": {0, 1, 2}, "guided-random": {0, 1, 2}, "divergence[budget=12]": {0, 1}
    }  # fmt: skip
    images = {r.images for r in study.results if (r.arm, r.cycle) == ("divergence[budget=12]", 1)}
    assert images == {12}
    assert len(study.references["whole pool"]) == 1
    before = {f: f.stat().st_mtime_ns for f in plan.folder.rglob("*.safetensors")}
    run(replays(made(7), replace(plan, arms=())), workers=0)
    run(plans, workers=0)
    assert before.items() <= {
        f: f.stat().st_mtime_ns for f in plan.folder.rglob("*.safetensors")
    }.items()  # fmt: skip


def test_runs_that_fail_are_told_and_the_others_kept(make):
    """This detector makes no stochastic passes."""
    plans = replays(made(6), make(cycles=1, seeds=1))
    failed = run(plans, workers=0)
    assert {failure.run for failure in failed} == {
        "mc-dropout[dropout=0.5], seed 0", "mc-dropout[dropout=0.1], seed 0"
    }  # fmt: skip
    assert all("stochastic passes" in failure.reason for failure in failed)
    study = gather(plans, title="t", command="c")
    assert {r.arm for r in study.results if r.cycle == 1} == {"entropy"}
