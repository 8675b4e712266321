"""Which frames need a score: bounds against loops, and choices against those of a full pool."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select_adaptive as reference


def walk(rng, n, rough=0.05):
    """A score along a video: slow drift, a few events, and noise."""
    drift = np.cumsum(rng.normal(0, 0.03, n))
    events = sum(
        rng.exponential(0.5) * np.exp(-0.5 * ((np.arange(n) - rng.integers(n)) / 9) ** 2)
        for _ in range(n // 60)
    )
    return drift + events + rng.normal(0, rough, n)


def pool(seed, videos=6, frames=300, rough=0.02):
    rng = np.random.default_rng(seed)
    scores = np.concatenate([walk(rng, frames, rough) for _ in range(videos)])
    names = [f"v{i}" for i in range(videos) for _ in range(frames)]
    return scores, {"videos": names, "frames": list(range(frames)) * videos}


def chooser(line, budget, *, radius=5, blocked=None, **rules):
    """The paper's selection: smooth, then take the best that time leaves."""

    def choose(scores):
        unscored = np.isnan(scores)
        z = select.smooth(scores, **line, radius=radius, unscored=unscored)
        closed = unscored if blocked is None else unscored | blocked
        return select.temporal(z, **line, budget=budget, blocked=closed, **rules).indices

    return choose


def settle(true, line, choose, *, without=None, **options):
    """Score pass by pass; the scores known in the end, the choice, and the number of passes."""
    known, passes = np.full(len(true), np.nan), 0
    given = {**line, "without": without, **options}
    while len(todo := select.to_score(known, choose=choose, **given)):
        assert np.isnan(known[todo]).all(), "nothing is scored twice"
        assert without is None or not without[todo].any()
        assert len(set(todo.tolist())) == len(todo)
        known[todo] = true[todo]
        passes += 1
    for name in ("stride", "reach"):
        given.pop(name, None)
    return known, choose(select.likely_upper(known, **given)), passes


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.9, 0.99, 1.0]), st.booleans())
def test_bounds_match_loops(seed, coverage, seconds):
    rng = np.random.default_rng(seed)
    n = 150
    videos = [[None, "a", "b"][k] for k in rng.choice(3, n, p=[0.05, 0.6, 0.35])]
    frames = rng.permutation(4 * n)[:n].tolist()
    scores = rng.normal(size=n)
    scores[rng.random(n) < rng.uniform(0, 1)] = np.nan
    without = rng.random(n) < 0.1
    unit = "seconds" if seconds else "pool_frames"
    got = select.likely_upper(
        scores, videos=videos, frames=frames, coverage=coverage, without=without, unit=unit
    )
    expected = np.array(
        reference.upper(
            scores.tolist(), videos, frames, coverage, set(np.flatnonzero(without)), unit
        )
    )
    beyond = np.isposinf(expected)
    np.testing.assert_allclose(got[~beyond], expected[~beyond], rtol=1e-9, atol=1e-9)
    known = scores[~np.isnan(scores) & ~without]
    assert np.isfinite(got[beyond]).all()
    assert not len(known) or not beyond.any() or got[beyond].min() > known.max()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(1, 12), st.integers(0, 30), st.sampled_from([0, 3, 15]),
    st.sampled_from([0, 5]),
)  # fmt: skip
def test_certain_bounds_choose_as_if_every_image_were_scored(seed, stride, budget, within, radius):
    rng = np.random.default_rng(seed)
    true, line = pool(seed, videos=3, frames=60, rough=0.2)
    without = rng.random(len(true)) < 0.1
    line["videos"] = [None if rng.random() < 0.05 else video for video in line["videos"]]
    choose = chooser(line, budget, radius=radius, blocked=without, within_cycle=within)
    _, chosen, _ = settle(
        true, line, choose, without=without, stride=stride, coverage=1.0, reach=radius
    )
    everything = np.where(without, np.nan, true)
    assert chosen.tolist() == choose(everything).tolist()


def test_what_is_chosen_is_known_with_all_that_its_smoothed_score_needs():
    true, line = pool(3)
    known, chosen, _ = settle(true, line, chooser(line, 20))
    full = select.smooth(true, **line)
    smoothed = select.smooth(np.nan_to_num(known), **line)
    np.testing.assert_allclose(smoothed[chosen], full[chosen], atol=1e-12)


def test_a_third_of_the_frames_finds_nearly_all_picks():
    found, scored, passes = [], [], []
    for seed in range(5):
        true, line = pool(seed, videos=8, frames=500)
        choose = chooser(line, 40)
        known, chosen, rounds = settle(true, line, choose)
        found.append(len(set(chosen.tolist()) & set(choose(true).tolist())) / 40)
        scored.append(1 - np.isnan(known).mean())
        passes.append(rounds)
    assert np.mean(found) >= 0.97
    assert np.mean(scored) <= 0.36
    assert np.mean(passes) <= 15


def test_the_first_pass_takes_every_stride_th_frame_the_last_and_all_stills():
    videos, frames = ["a"] * 10 + ["b"] * 3 + [None] * 2, [*range(10), *range(3), None, None]
    scores = np.full(15, np.nan)
    first = select.to_score(
        scores, videos=videos, frames=frames, choose=lambda _: np.zeros(0, np.int64), stride=4
    )
    assert sorted(first.tolist()) == [0, 4, 8, 9, 10, 12, 13, 14]
    scores[first] = 1.0
    again = select.to_score(
        scores, videos=videos, frames=frames, choose=lambda _: np.zeros(0, np.int64), stride=4
    )
    assert not len(again)


def test_where_few_scores_tell_everything_that_may_be_chosen_is_scored():
    true, line = pool(0, videos=1, frames=40)
    known, chosen, _ = settle(true, line, chooser(line, 40, within_cycle=0, across_cycles=0))
    assert not np.isnan(known).any()
    assert len(chosen) == 40


def test_an_empty_pool_and_one_without_candidates():
    none = np.zeros(0, np.int64)
    nothing = select.to_score(np.zeros(0), videos=[], frames=[], choose=lambda _: none)
    assert not len(nothing)
    closed = select.to_score(
        np.full(3, np.nan), videos=["a"] * 3, frames=[0, 1, 2], choose=lambda _: none,
        without=np.ones(3, bool),
    )  # fmt: skip
    assert not len(closed)


@pytest.mark.parametrize(
    ("options", "name"),
    [({"stride": 0}, "stride"), ({"reach": -1}, "reach"),
     ({"coverage": 0.0}, "coverage"), ({"coverage": 1.1}, "coverage"),
     ({"videos": ["a"] * 2}, "videos"),
     ({"frames": [0, 1, 1]}, "frames")],
)  # fmt: skip
def test_unfit_arguments_are_named(options, name):
    with pytest.raises(ArgumentError, match=name):
        select.to_score(
            np.zeros(3),
            choose=lambda _: np.zeros(0, np.int64),
            **{"videos": ["a"] * 3, "frames": [0, 1, 2], **options},
        )
