"""Strategies are the pure functions put together, recorded with every argument."""

import json
from importlib.metadata import entry_points

import numpy as np
import pytest

from labelnext import aggregate, plugins, scores, select
from labelnext.errors import ArgumentError, LabelnextError
from labelnext.evidence import Evidence, Pool
from labelnext.types import DenseMaps, Detections, MapLevel, Prediction, Timeline

PAPER = ("divergence", "entropy", "mc-dropout", "random", "guided-random")


def build(name, **arguments):
    return plugins.load("strategies", name)(**arguments)


def maps(seed, size=(64, 90)):
    rng = np.random.default_rng(seed)
    levels = tuple(
        MapLevel(rng.normal(0, 2, (1, 64 // stride, 96 // stride)).astype(np.float32), stride)
        for stride in (8, 4)
    )
    return DenseMaps(levels, size)


def prediction(seed):
    none = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    return Prediction(maps(seed), none)


def evidence(found, samples=()):
    return Evidence((64, 90), found, tuple(samples))


def timeline(n, videos=3):
    names = tuple(f"v{i % videos}" for i in range(n))
    frames = np.arange(n, dtype=np.int64) // videos
    return Timeline(names, frames, frames / 10.0)


def choose(strategy, values, line=None, *, budget=5, blocked=None, seed=0):
    n = len(values)
    return strategy.select(
        Pool(line or timeline(n), np.asarray(values, np.float64)), budget=budget,
        blocked=np.zeros(n, bool) if blocked is None else blocked,
        rng=np.random.default_rng(seed),
    )  # fmt: skip


def test_the_paper_s_strategies_are_registered():
    assert set(PAPER) <= {point.name for point in entry_points(group="labelnext.strategies")}


@pytest.mark.parametrize("name", PAPER)
@pytest.mark.parametrize("preset", ["corrected", "authors-code"])
def test_a_strategy_is_rebuilt_from_its_record(name, preset):
    strategy = build(name, preset=preset)
    record = json.loads(json.dumps(dict(strategy.arguments)))
    again = build(name, **record)
    assert again.arguments == strategy.arguments
    values = np.random.default_rng(1).random(60)
    assert choose(again, values).picks == choose(strategy, values).picks


@pytest.mark.parametrize(
    ("name", "pixels"),
    [
        ("divergence", lambda m, s: scores.local_divergence(m, radius=9)),
        ("entropy", lambda m, s: scores.entropy(m)),
        ("mc-dropout", lambda m, s: scores.dropout_divergence(s)),
    ],
)
def test_an_image_score_is_the_aggregated_pixel_score(name, pixels):
    samples = [maps(seed) for seed in (5, 6, 7)]
    expected = pixels(maps(1), samples)
    strategy = build(name)
    seen = evidence(prediction(1), samples)
    np.testing.assert_array_equal(strategy.pixel_scores(seen), expected)
    assert strategy.score(seen).score == aggregate.region_max_mean(expected)
    mean = build(name, aggregate="mean")
    assert mean.score(seen).score == aggregate.mean(expected)


def test_presets_differ_where_the_paper_s_code_does():
    ours, theirs = build("divergence"), build("divergence", preset="authors-code")
    assert (ours.arguments["radius"], theirs.arguments["radius"]) == (9, 4)
    assert build("mc-dropout").needs.samples == 30
    assert build("mc-dropout", preset="authors-code").needs.samples == 15
    assert build("mc-dropout").needs.dropout is None
    assert build("mc-dropout", dropout=0.5).needs.dropout == 0.5
    assert theirs.arguments["tiling"] == "centred"
    assert theirs.arguments["off_by_one"]


def test_picks_follow_the_smoothed_scores_under_the_rules():
    values = np.random.default_rng(3).random(300)
    line = timeline(300)
    chosen = choose(build("divergence"), values, line, budget=12)
    smoothed = select.smooth(
        values, videos=line.videos, frames=line.frames, radius=5, sigma=3.0
    )  # fmt: skip
    expected = select.temporal(smoothed, videos=line.videos, frames=line.frames, budget=12)
    assert [pick.index for pick in chosen.picks] == expected.indices.tolist()
    np.testing.assert_array_equal(chosen.blocked, expected.blocked)
    assert [pick.rank for pick in chosen.picks] == list(range(1, 13))
    assert all(pick.reason.startswith("divergence 0.") for pick in chosen.picks)


def test_ablations_are_one_argument_each():
    values = np.zeros(60)
    values[[3, 6, 9]] = 3, 2, 1  # three neighbours of one video
    full = [p.index for p in choose(build("divergence", smooth=False), values, budget=3).picks]
    free = build("divergence", smooth=False, temporal=False)
    assert full[0] == 3
    assert not {6, 9} & set(full)
    chosen = choose(free, values, budget=3)
    assert [p.index for p in chosen.picks] == [3, 6, 9]
    assert chosen.blocked.sum() == 3


def test_windows_can_count_in_seconds():
    values = np.zeros(30)
    values[[0, 5, 20]] = 3, 2, 1
    line = Timeline(("v",) * 30, np.arange(30), np.arange(30) / 10.0)
    strategy = build(
        "divergence", smooth=False, unit="seconds", within_cycle=1.0, across_cycles=0.2
    )
    chosen = choose(strategy, values, line, budget=2)
    assert [p.index for p in chosen.picks] == [0, 20]
    assert np.flatnonzero(chosen.blocked).tolist() == [0, 1, 2, 18, 19, 20, 21, 22]


def test_blocked_images_are_never_picked_and_need_no_score():
    values = np.random.default_rng(0).random(60)
    blocked = np.zeros(60, bool)
    blocked[::2] = True
    values[blocked] = np.nan
    for name in PAPER:
        chosen = choose(build(name), values, budget=60, blocked=blocked)
        assert len(chosen.picks) == 30
        assert not any(blocked[p.index] for p in chosen.picks)


def test_images_without_a_score_come_last_and_say_so():
    values = np.full(40, np.nan)
    values[[1, 2]] = 1, 2
    stills = Timeline((None,) * 40, np.zeros(40, np.int64), np.full(40, np.nan))
    picks = choose(build("divergence"), values, stills, budget=4).picks
    assert [p.index for p in picks[:2]] == [2, 1]
    assert all("no score" in p.reason and p.score is None for p in picks[2:])


@pytest.mark.parametrize("name", PAPER)
def test_shared_checks(name):
    strategy = build(name)
    values = np.random.default_rng(4).random(90)
    first, again = choose(strategy, values, budget=7), choose(strategy, values, budget=7)
    assert first.picks == again.picks
    assert len({p.index for p in first.picks}) == 7
    assert choose(strategy, [], timeline(0), budget=3).picks == ()
    assert len(choose(strategy, [0.5], timeline(1), budget=3).picks) == 1
    assert len(choose(strategy, np.ones(20), budget=30).picks) == 20
    assert choose(strategy, values, budget=0).picks == ()


def test_unknown_arguments_are_named():
    with pytest.raises(ArgumentError, match=r"strategy divergence.*radus=3"):
        build("divergence", radus=3)
    with pytest.raises(ArgumentError, match="takes none"):
        build("random", radius=3)
    with pytest.raises(ArgumentError, match=r"'aggregate'.*median"):
        build("entropy", aggregate="median")
    with pytest.raises(ArgumentError, match="corrected"):
        build("entropy", preset="wrong")


def test_pixel_scores_need_maps():
    boxes_only = Prediction(None, prediction(0).detections)
    with pytest.raises(LabelnextError, match="dense maps"):
        build("divergence").score(evidence(boxes_only))
    assert build("random").score(evidence(boxes_only)).score is None


@pytest.mark.parametrize("ratio", [1, -0.1, "half"])
def test_a_dropout_that_is_none_is_refused(ratio):
    with pytest.raises(ArgumentError, match="dropout"):
        build("mc-dropout", dropout=ratio)


@pytest.mark.parametrize("name", ["divergence", "entropy", "mc-dropout"])
def test_native_resolution_scores_cells_of_the_finest_level(name):
    seen = evidence(prediction(1), [maps(seed) for seed in (5, 6, 7)])
    image, native = (build(name, resolution=r) for r in ("image", "native"))
    pixels = native.pixel_scores(seen)
    assert pixels.shape == image.pixel_scores(seen).shape == (64, 90)
    np.testing.assert_array_equal(pixels[::4, ::4].repeat(4, 0).repeat(4, 1)[:, :90], pixels)
    if name == "entropy":  # the same function of the same logits at the centres of cells
        cells = scores.entropy(scores.on_cells(maps(1)).maps)
        np.testing.assert_array_equal(pixels[::4, ::4], cells)
    assert native.score(seen).score == aggregate.region_max_mean(pixels)


def test_an_unknown_resolution_is_refused():
    with pytest.raises(ArgumentError, match="one of image, native"):
        build("divergence", resolution="half")
