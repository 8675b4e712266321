import dataclasses
import statistics

import numpy as np
import pytest

from labelnext.audit.judge import as_json, judge
from labelnext.audit.judge.contests import ratio
from labelnext.cost import LabellingCost
from labelnext.errors import ArgumentError
from labelnext.evaluate import Outcomes, outcome_miss_rate
from labelnext.rounds.results import Study
from tests.reference import audit_judge as reference
from tests.reference.evaluate_paired import joint
from tests.report.studies import NAN, metrics, result, runs, study

SEEDS = 6


def noisy(seed: int = 0) -> Study:
    """Three arms that label different numbers of boxes, six seeds, four cycles."""
    rng = np.random.default_rng(seed)
    results = []
    for arm, gain, found in (("a", 0.04, 40), ("b", -0.02, 20), ("guided-random", 0.0, 30)):
        for s in range(SEEDS):
            boxes = 0
            for c in range(5):
                rate = 0.8 - (0.1 + gain) * c + float(rng.normal(0, 0.01))
                results.append(
                    result(
                        arm, s, c, rate, instances=boxes, labelling_seconds=50.0 * c + 10.0 * boxes
                    )
                )
                boxes += int(rng.integers(found - 5, found + 5))
    return study({}, results=tuple(results))


def by_run(made: Study, arm: str, seed: int, unit: str) -> list[tuple[float, float]]:
    points = []
    for r in sorted(made.results, key=lambda r: r.cycle):
        if (r.arm, r.seed) == (arm, seed) and r.metrics:
            x = {"images": r.images, "boxes": r.instances, "hours": r.labelling_seconds / 3600}
            points.append((x[unit], r.metrics.miss_rate_at_fppi_1))
    return points


@pytest.mark.parametrize("unit", ["images", "boxes", "hours"])
def test_areas_ends_and_p_match_plain_loops(unit: str) -> None:
    made = noisy()
    found = judge(made)
    ends = {
        (a, s): by_run(made, a, s, unit)[-1][0]
        for a in ("a", "b", "guided-random")
        for s in range(SEEDS)
    }
    high = min(ends.values())
    assert found.ends[unit] == pytest.approx(high)
    differences = {}
    for arm in ("a", "b"):
        differences[arm] = [
            reference.height(by_run(made, arm, s, unit), 0, high)
            - reference.height(by_run(made, "guided-random", s, unit), 0, high)
            for s in range(SEEDS)
        ]
    expected_p = joint(list(differences.values()))
    for contest, p in zip(found.main, expected_p, strict=True):
        area = contest.unit(unit).area
        assert area.difference.mean == pytest.approx(
            statistics.mean(differences[contest.arm]), abs=1e-5
        )
        assert area.p == pytest.approx(p)
        assert area.arm - area.baseline == pytest.approx(area.difference.mean)
        assert area.difference.low <= area.difference.mean <= area.difference.high


def test_the_word_can_differ_by_unit_and_by_place() -> None:
    """An arm that finds three times the objects is better an image and worse a box."""
    results = []
    for s in range(6):
        for c in range(4):
            shift = 0.001 * s
            fast = 0.8 - 0.12 * c + shift
            slow = 0.8 - 0.10 * c + 2 * shift / 3
            results.append(result("a", s, c, fast, instances=30 * c))
            results.append(result("random", s, c, slow, instances=10 * c))
    (found,) = judge(study({}, results=tuple(results))).main
    assert found.unit("images").area.verdict == "better"
    assert found.unit("boxes").area.verdict == "worse"
    assert found.objects.ratio == pytest.approx(3)
    assert found.unit("images").saving.saving > 0
    assert found.unit("boxes").saving.saving < 0


def test_rising_metrics_turn_the_words() -> None:
    made = study({"a": runs(0.4, 6, step=0.004), "random": runs(0.6, 6)})
    found = judge(made, metric="ap50")
    assert not found.lower_is_better
    (contest,) = found.main
    assert contest.unit("images").area.verdict == "better"
    assert contest.unit("images").area.difference.mean > 0
    assert found.standings[0].arm == "a"


def test_guided_random_is_the_baseline_and_random_is_held_against_too() -> None:
    rates = {"random": runs(0.7, 2), "Guided_Random": runs(0.6, 2), "a": runs(0.5, 2)}
    found = judge(study(rates))
    assert found.baselines == ("Guided_Random", "random")
    assert [c.arm for c in found.main] == ["a", "random"]
    assert [c.arm for c in found.against("random")] == ["Guided_Random", "a"]
    assert judge(study({"a": runs(0.5, 2), "b": runs(0.6, 2)})).contests == ()


def test_hours_come_from_the_prices_where_they_were_not_recorded() -> None:
    made = noisy()
    bare = tuple(dataclasses.replace(r, labelling_seconds=NAN) for r in made.results)
    assert [u.unit for u in judge(dataclasses.replace(made, results=bare)).main[0].units] == [
        "images",
        "boxes",
    ]
    priced = dataclasses.replace(made, results=bare, cost=LabellingCost())
    assert judge(priced).ends["hours"] == pytest.approx(judge(made).ends["hours"])


def test_an_interrupted_study_is_compared_on_the_seeds_that_all_arms_have() -> None:
    a = [[0.8, 0.6, 0.4], [0.8, 0.61, 0.41], [0.8, 0.6]]
    b = [[0.8, 0.7, 0.5], [0.8, 0.7, 0.5], [0.8]]
    found = judge(study({"a": a, "random": b}))
    assert found.seeds == (1, 2)
    assert not found.all_seeds
    assert found.ends["images"] == 20
    assert found.main[0].unit("images").end.arm == pytest.approx(0.405)


def test_an_arm_that_failed_early_takes_nothing_from_the_others() -> None:
    long = [[0.8, 0.7, 0.6, 0.5, 0.4]] * 3
    found = judge(study({"a": long, "b": [[0.8, 0.7]], "random": long}))
    assert found.behind == ("b",)
    assert found.arms == ("a", "random")
    assert found.seeds == (1, 2, 3)
    assert found.ends["images"] == 40


def test_arms_of_another_pace_are_compared_at_equal_images() -> None:
    slow = [result("random", s, c, 0.8 - 0.1 * c) for c in range(5) for s in (1, 2)]
    fast = [result("a", s, c, 0.8 - 0.1 * c, images=20 * c) for c in range(3) for s in (1, 2)]
    (contest,) = judge(study({}, results=(*slow, *fast))).main
    assert contest.unit("images").end.arm == pytest.approx(0.6)
    assert contest.unit("images").end.baseline == pytest.approx(0.4)
    assert contest.unit("images").area.difference.mean == pytest.approx(0.1)


def test_a_nan_miss_rate_is_as_if_the_cycle_had_not_run() -> None:
    found = judge(study({"a": [[0.8, 0.6, NAN]], "random": [[0.8, 0.7, 0.5]]}))
    assert found.ends["images"] == 10


def outcomes_for(rate: float, seed: int, images: int = 40) -> Outcomes:
    """One truth an image, found with the probability 1 − rate, no false positives."""
    hits = np.random.default_rng(seed).random(images) > rate
    where = np.flatnonzero(hits)
    n = len(where)
    return Outcomes(
        np.ones(images, np.int64), where, np.full(n, 0.9), np.ones(n, bool), np.zeros(n, bool)
    )


def with_outcomes(shift: float = 0.0) -> Study:
    results = []
    for arm, rate in (("a", 0.3), ("random", 0.6)):
        for s in range(6):
            kept = outcomes_for(rate, 100 * s + (arm == "a"))
            results.append(result(arm, s, 0, 0.9))
            results.append(
                result(arm, s, 1, outcome_miss_rate(kept) + shift * (arm == "a"), outcomes=kept)
            )
    return study({}, results=tuple(results), clips=np.arange(40) // 2)


def test_the_end_is_judged_over_clips_where_outcomes_were_kept() -> None:
    (contest,) = judge(with_outcomes()).main
    assert contest.clips is not None
    assert contest.clips.clips == 20
    assert contest.clips.mean == pytest.approx(contest.unit("images").end.difference.mean)
    assert contest.clips_verdict == "better"
    assert contest.clips.high - contest.clips.low > 0


def test_outcomes_that_measure_something_else_are_not_used() -> None:
    (contest,) = judge(with_outcomes(shift=0.01)).main
    assert contest.clips is None
    assert contest.clips_verdict is None
    made = with_outcomes()
    assert judge(made, metric="ap50").main[0].clips is None
    assert judge(dataclasses.replace(made, clips=np.arange(39))).main[0].clips is None
    assert judge(dataclasses.replace(made, clips=None)).main[0].clips is None


def test_ratio_is_of_means_with_an_interval_over_paired_seeds() -> None:
    found = ratio([30, 40, 50], [20, 20, 20])
    assert found.ratio == 2
    assert found.low == pytest.approx(1.5)
    assert found.high == pytest.approx(2.5)
    alone = ratio([3], [2])
    assert alone.ratio == 1.5
    assert np.isnan(alone.low)
    assert np.isnan(ratio([3, 4], [0, 0]).ratio)
    for arm, baseline in (([], []), ([1], [1, 2]), ([-1], [1]), ([NAN], [1])):
        with pytest.raises(ArgumentError):
            ratio(arm, baseline)


def test_the_same_study_gives_the_same_judgement_whatever_its_order() -> None:
    made = noisy()
    turned = dataclasses.replace(made, results=made.results[::-1], planned_arms=())
    assert repr(judge(made)) == repr(judge(turned))


def test_json_holds_null_for_what_is_not_known() -> None:
    import json

    made = as_json(judge(study({"a": runs(0.4, 1), "random": runs(0.6, 1)})))
    text = json.dumps(made, allow_nan=False)
    back = json.loads(text)
    area = back["contests"][0]["units"][0]["area"]
    assert area["verdict"] == "not distinguishable"
    assert area["difference"]["low"] is None
    assert area["gap"] is None
    assert back["ends"]["images"] == 20


def test_the_ceiling_and_the_start_are_means_over_seeds() -> None:
    references = {"Whole_Pool": (metrics(0.3), metrics(0.4))}
    found = judge(study({"a": runs(0.4, 2), "random": runs(0.6, 2)}, references=references))
    assert found.ceiling == pytest.approx(0.35)
    assert found.start == pytest.approx(0.8)


def test_wrong_arguments_and_contradictions_are_named() -> None:
    with pytest.raises(ArgumentError, match="metric"):
        judge(study({}), metric="accuracy")
    twice = study({}, results=(result("a", 1, 2, 0.5), result("a", 1, 2, 0.6)))
    with pytest.raises(ArgumentError, match="2 for arm 'a'"):
        judge(twice)
    fewer = study({}, results=(result("a", 1, 1, 0.5), result("a", 1, 2, 0.6, images=5)))
    with pytest.raises(ArgumentError, match="never become fewer"):
        judge(fewer)
