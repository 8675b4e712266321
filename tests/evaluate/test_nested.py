import dataclasses

import numpy as np
import pytest

from labelnext.errors import ArgumentError
from labelnext.evaluate import (
    Outcomes,
    nested_difference,
    outcome_miss_rate,
    paired_difference,
    sign_flip_p_value,
    verdict,
)


def run(hits):
    """A detector on a test set with one truth an image: which it finds."""
    rows = np.flatnonzero(hits)
    n = len(rows)
    return Outcomes(
        np.ones(len(hits), np.int64), rows, np.ones(n), np.ones(n, bool), np.zeros(n, bool)
    )


def arms(rng, seeds, clips, per_clip, *, effect=0.0, clip_sd=0.0, seed_sd=0.0):
    """Two arms; clips differ in what the second arm's share of hits is above the first's."""
    clip = np.repeat(np.arange(clips), per_clip)
    of_clip = rng.normal(0, clip_sd, clips)[clip] if clip_sd else 0.0
    first, second = [], []
    for _ in range(seeds):
        shift = effect + of_clip + (rng.normal(0, seed_sd) if seed_sd else 0.0)
        first.append(run(rng.random(len(clip)) < 0.6))
        second.append(run(rng.random(len(clip)) < 0.6 - shift))
    return first, second, clip


def test_the_mean_and_p_are_those_of_the_seeds():
    first, second, clips = arms(np.random.default_rng(0), 5, 8, 10, effect=0.1)
    got = nested_difference(first, second, clips, rng=np.random.default_rng(1))
    differences = [
        outcome_miss_rate(a) - outcome_miss_rate(b) for a, b in zip(first, second, strict=True)
    ]
    assert got.mean == pytest.approx(np.mean(differences))
    assert got.p_value == sign_flip_p_value(differences)
    assert (got.seeds, got.clips, got.exact) == (5, 8, True)
    assert got.deviation == pytest.approx(np.std(differences, ddof=1))
    assert got.seed_error == pytest.approx(got.deviation / 5**0.5)
    assert got.low < got.mean < got.high


def test_clips_that_differ_widen_the_interval():
    """Where scenes decide, seeds alone promise too much; drawing clips shows it."""
    first, second, clips = arms(np.random.default_rng(2), 8, 12, 20, clip_sd=0.2)
    got = nested_difference(first, second, clips, rng=np.random.default_rng(3))
    differences = [
        outcome_miss_rate(a) - outcome_miss_rate(b) for a, b in zip(first, second, strict=True)
    ]
    alone = paired_difference(differences, [0.0] * 8, rng=np.random.default_rng(3))
    assert got.high - got.low > 2 * (alone.high - alone.low)
    assert got.clip_error > got.seed_error
    images = nested_difference(first, second, np.arange(240), rng=np.random.default_rng(3))
    assert images.clip_error < 0.75 * got.clip_error


def test_the_spread_over_clips_is_that_of_a_mean_of_clips():
    """One truth an image, clips of one size: the miss rate is a mean over clips."""
    first, second, clips = arms(np.random.default_rng(4), 3, 30, 10, clip_sd=0.15)
    got = nested_difference(first, second, clips, rng=np.random.default_rng(5), draws=4000)
    hits = [np.zeros(300) for _ in range(2)]
    for total, runs in zip(hits, (first, second), strict=True):
        for found in runs:
            total[found.image] += 1 / 3
    by_clip = (hits[1] - hits[0]).reshape(30, 10).mean(axis=1)
    assert got.clip_error == pytest.approx(by_clip.std() / 30**0.5, rel=0.05)


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Arms that are equal over all scenes, 95 % intervals over 300 small studies."""
    rng, covered = np.random.default_rng(6), 0
    for _ in range(300):
        first, second, clips = arms(rng, 8, 25, 4, clip_sd=0.1, seed_sd=0.03)
        got = nested_difference(first, second, clips, rng=rng, draws=200)
        covered += got.low <= 0 <= got.high
    assert 270 <= covered <= 300


def test_swapping_the_arms_mirrors_the_answer_and_the_verdict():
    first, second, clips = arms(np.random.default_rng(7), 7, 20, 10, effect=0.2)
    one = nested_difference(first, second, clips, rng=np.random.default_rng(8))
    two = nested_difference(second, first, clips, rng=np.random.default_rng(8))
    assert (two.mean, two.low, two.high) == pytest.approx((-one.mean, -one.high, -one.low))
    assert verdict(one, one.p_value, lower_is_better=True) == "better"
    assert verdict(two, two.p_value, lower_is_better=True) == "worse"


def test_names_of_clips_do_not_matter():
    first, second, clips = arms(np.random.default_rng(9), 3, 6, 5)
    one = nested_difference(first, second, clips, rng=np.random.default_rng(1), draws=50)
    two = nested_difference(first, second, clips * 7 + 3, rng=np.random.default_rng(1), draws=50)
    assert one == two


def test_one_seed_or_one_clip_has_no_interval():
    first, second, clips = arms(np.random.default_rng(10), 2, 6, 5)
    rng = np.random.default_rng(0)
    one_seed = nested_difference(first[:1], second[:1], clips, rng=rng)
    one_clip = nested_difference(first, second, np.zeros(30, np.int64), rng=rng)
    for got in (one_seed, one_clip):
        assert np.isnan([got.low, got.high]).all()
        assert not got.shown
    assert np.isnan(one_seed.seed_error)
    assert one_seed.clip_error > 0
    assert np.isnan(one_clip.clip_error)


def test_draws_without_anything_to_find_are_taken_again():
    sparse = dataclasses.replace(run(np.array([True, False, False])), instances=np.array([1, 0, 0]))
    silent = dataclasses.replace(run(np.zeros(3, bool)), instances=np.array([1, 0, 0]))
    got = nested_difference(
        [sparse] * 2, [silent] * 2, np.arange(3), rng=np.random.default_rng(0), draws=200
    )
    assert (got.mean, got.low, got.high) == (-1, -1, -1)


def test_bad_arguments():
    first, second, clips = arms(np.random.default_rng(11), 2, 3, 2)
    empty = [dataclasses.replace(a, instances=np.zeros(6, np.int64)) for a in first]
    for a, b, c, options, says in (
        ([], [], clips, {}, "at least one seed"),
        (first, second[:1], clips, {}, "'second'"),
        (first, second, clips[:-1], {}, "'clips'"),
        (first, second, clips, {"draws": 0}, "'draws'"),
        (first, second, clips, {"level": 1.0}, "'level'"),
        (first, second, clips, {"fppi": -1.0}, "'fppi'"),
        (first, [empty[0], second[1]], clips, {}, "one test set"),
        (empty, empty, clips, {}, "something to find"),
    ):
        with pytest.raises(ArgumentError, match=says):
            nested_difference(a, b, c, rng=np.random.default_rng(0), **options)
