"""Every run is planned once, whatever its arms are called."""

from dataclasses import replace

import pytest

from labelnext import audit
from labelnext.audit.ledgers import Course, cycles_done
from labelnext.audit.plan import CEILING, chains, runs
from labelnext.errors import LabelnextError


def folders(plan):
    return [run.folder.relative_to(plan.folder).as_posix() for run in runs(plan)]


def test_initial_first_then_arms_then_the_whole_pool(make):
    plan = make("random", "coin", seeds=1, ceiling=True)
    assert folders(plan) == [
        "initial/seed-0", "runs/random/seed-0", "runs/coin/seed-0", "runs/whole_pool/seed-0"
    ]  # fmt: skip
    ((first, followers),) = chains(plan)
    assert (first.cycles, [run.cycles for run in followers]) == (0, [2, 2, 1])
    assert followers[-1].arm == (CEILING.name,)
    assert {run.initial for run in followers} == {first.folder}


def test_equal_arms_are_one_run(make):
    plan = make("coin", "coin[salt=0]", "coin[salt=1]", "coin[budget=5]", "coin[budget=6]", seeds=1)
    assert folders(plan)[1:] == [
        "runs/coin/seed-0", "runs/coin_salt=1/seed-0", "runs/coin_budget=6/seed-0"
    ]  # fmt: skip
    assert runs(plan)[1].arm == ("coin", "coin[salt=0]", "coin[budget=5]")
    audit.replay(plan, workers=0)
    study = audit.study(plan, title="t", command="c", settings={}, top=0)
    by_arm = {
        arm.name: [r.instances for r in study.results if r.arm == arm.name] for arm in plan.arms
    }
    assert by_arm["coin"] == by_arm["coin[salt=0]"] == by_arm["coin[budget=5]"] != []
    assert audit.check(plan).problems == ()


def test_an_equal_run_of_an_earlier_study_is_found(make):
    audit.replay(make("coin[salt=0]"), workers=0)
    later = make("coin", "coin[salt=1]")
    assert later.run_folder(later.arms[0], 0).parent.name == "coin_salt=0"
    assert [cycles_done(run) for run in runs(later)] == [1, 2, 0, 1, 2, 0]
    audit.replay(later, workers=0)
    assert not (later.folder / "runs" / "coin").exists()
    assert len(audit.study(later, title="t", command="c", settings={}, top=0).results) == 12


def test_an_arm_under_a_name_that_was_another_is_refused(make):
    plan = make("coin", seeds=1)
    audit.replay(plan, workers=0)
    other = replace(plan, arms=(audit.Arm("coin", "random"),))
    with pytest.raises(LabelnextError, match="other settings"):
        audit.replay(other, workers=0)


def test_a_course_counts_what_was_asked_for(make):
    plan = make("random", "coin", seeds=1)
    course = Course(runs(plan))
    course.look()
    assert (course.done, course.total) == (0, 5)
    audit.replay(plan, workers=0)
    fewer = Course(runs(replace(plan, cycles=1)))
    fewer.look()
    assert (fewer.done, fewer.total) == (3, 3)
    more = Course(runs(replace(plan, cycles=4)))
    more.look()
    assert (more.done, more.total) == (5, 9)
