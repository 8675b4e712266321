"""What every registered strategy must satisfy; a new one is checked as soon as it has a name."""

import json
from dataclasses import replace

import numpy as np
import pytest

from labelnext.engine import Scorer, score
from labelnext.errors import ArgumentError, DataError
from labelnext.presets import names as presets
from labelnext.store.shards import ScoreShards
from labelnext.types import DenseMaps, Detections, ImageRecord, Prediction
from tests.strategies.pools import (
    BLACK,
    NAMES,
    SIZE,
    Case,
    Fake,
    build,
    case,
    evidence,
    image,
    only,
    pool_for,
    turned,
)

# Their draws go by the place in the pool: in another order only the chances are the same.
SAMPLED = {"random", "guided-random", "k-means"}
# Score an image by its boxes, so one without any has no score.
BY_BOXES = {
    "box-entropy", "box-margin", "box-least-confidence", "stability", "consistency", "prototypes",
    "ppal", "pal",
}  # fmt: skip
RULED = [name for name in NAMES if "similar" in build(name).arguments]
PRICED = [name for name in NAMES if "cost_exponent" in build(name).arguments]

every = pytest.mark.parametrize("name", NAMES)
every_pool = pytest.mark.parametrize(
    ("classes", "video"), [(1, False), (1, True), (3, False), (3, True)]
)


def indices(selection):
    return [pick.index for pick in selection.picks]


@every
@every_pool
@pytest.mark.parametrize("preset", ["corrected", "authors-code"])
def test_takes_the_budget_once_each_and_nothing_blocked(name, classes, video, preset):
    found = case(name, classes, video, preset)
    n = len(found.pool)
    blocked = np.zeros(n, bool)
    blocked[::4] = True
    scores = np.where(blocked, np.nan, found.pool.scores)
    for shut in (None, blocked):
        pool = found.pool if shut is None else replace(found.pool, scores=scores)
        before = pool.scores.copy()
        for budget in (0, 1, 5, n, n + 5):
            chosen = found.select(budget, blocked=shut, pool=pool)
            picks, left = indices(chosen), n if shut is None else int((~blocked).sum())
            assert len(picks) == len(set(picks)) == min(budget, left)
            assert [pick.rank for pick in chosen.picks] == list(range(1, len(picks) + 1))
            assert all(pick.reason for pick in chosen.picks)
            assert chosen.blocked[picks].all()
            if shut is not None:
                assert not blocked[picks].any()
                assert chosen.blocked[blocked].all()
        np.testing.assert_array_equal(pool.scores, before)


@every
@every_pool
def test_permuting_the_pool_permutes_the_picks(name, classes, video):
    if name in SAMPLED:
        pytest.skip("its distribution is compared below")
    found = case(name, classes, video)
    order = np.random.default_rng(7).permutation(len(found.pool))
    again = found.select(4, pool=turned(found.pool, order))
    assert [int(order[i]) for i in indices(again)] == indices(found.select(4))
    np.testing.assert_array_equal(again.blocked, found.select(4).blocked[order])


@pytest.mark.parametrize("name", sorted(SAMPLED))
@pytest.mark.parametrize("video", [False, True])
def test_permuting_the_pool_permutes_the_chances(name, video):
    whole = case(name, 1, video)
    pool, draws = only(whole.pool, 6), 150
    order = np.array([3, 0, 5, 1, 4, 2])
    counts = np.zeros((2, 6))
    for seed in range(draws):
        counts[0][indices(whole.select(2, pool=pool, seed=seed))] += 1
        turned_picks = indices(whole.select(2, pool=turned(pool, order), seed=seed + draws))
        counts[1][order[turned_picks]] += 1
    share = counts.mean(axis=0) / draws
    deviation = np.sqrt(2 * draws * share * (1 - share))
    assert (np.abs(counts[0] - counts[1]) < 4.5 * deviation + 1e-9).all()


@every
@every_pool
def test_the_same_seed_picks_the_same(name, classes, video):
    found = case(name, classes, video)
    first, again = found.select(6, seed=3), found.select(6, seed=3)
    assert first.picks == again.picks
    np.testing.assert_array_equal(first.blocked, again.blocked)


@every
@pytest.mark.parametrize("classes", [1, 3])
@pytest.mark.parametrize("n", [0, 1])
def test_empty_and_single_image_pools(name, classes, n):
    strategy = build(name)
    pool = pool_for(strategy, n=n, classes=classes)
    chosen = Case(strategy, pool).select(3)
    assert indices(chosen) == list(range(n))
    assert chosen.blocked.tolist() == [True] * n


@every
@every_pool
def test_constant_scores_are_no_reason_to_fail(name, classes, video):
    found = case(name, classes, video)
    constant = np.where(np.isnan(found.pool.scores), np.nan, 0.25)
    chosen = found.select(7, pool=replace(found.pool, scores=constant))
    assert len(set(indices(chosen))) == 7


@pytest.mark.parametrize("name", sorted(BY_BOXES))
@pytest.mark.parametrize("classes", [1, 3])
def test_images_without_detections_come_last_and_at_random(name, classes):
    strategy = build(name)
    assert strategy.score(evidence(strategy, BLACK, 0, classes)).score is None
    found = case(name, classes, False)
    pool = found.pool
    empty = [1, 4, BLACK, 9]  # more images like the black one
    gone = np.isin(np.arange(len(pool)), empty)
    black = strategy.score(evidence(strategy, BLACK, 0, classes))
    vectors = {key: rows.copy() for key, rows in pool.vectors.items()}
    for key, rows in vectors.items():
        rows[gone] = black.vectors[key]
    none = Fake(classes).predict([image(BLACK, 0)])[0].detections
    pool = replace(
        pool, scores=np.where(gone, np.nan, pool.scores), vectors=vectors,
        detections=[none if gone[i] else one for i, one in enumerate(pool.detections)],
        boxes=[black.boxes if gone[i] else one for i, one in enumerate(pool.boxes)],
    )  # fmt: skip
    scored = int((~np.isnan(pool.scores)).sum())
    last = set()
    for seed in range(12):
        chosen = found.select(scored + 2, pool=pool, seed=seed)
        picks = indices(chosen)
        assert not np.isnan(pool.scores[picks[:scored]]).any()
        assert np.isnan(pool.scores[picks[scored:]]).all()
        assert "no score" in chosen.picks[-1].reason
        assert chosen.picks[-1].score is None
        last.add(tuple(picks[scored:]))
    assert len(last) > 1


@every
@pytest.mark.parametrize("preset", presets())
def test_a_strategy_is_rebuilt_from_its_record(name, preset):
    strategy = build(name, preset=preset)
    record = json.loads(json.dumps(dict(strategy.arguments)))
    again = build(name, **record)
    assert again.arguments == strategy.arguments
    assert replace(again.needs, views=()) == replace(strategy.needs, views=())
    pool = case(name, preset=preset).pool
    assert Case(again, pool).select(5).picks == Case(strategy, pool).select(5).picks


def _spoilt(found: Prediction) -> Prediction:
    """A prediction in which all numbers are NaN."""
    maps, boxes = found.maps, found.detections
    assert maps is not None
    levels = tuple(replace(level, logits=level.logits * np.nan) for level in maps.levels)
    assert boxes.features is not None
    assert found.embedding is not None
    nan = np.float32(np.nan)
    spoilt = Detections(
        boxes.xyxy * nan, boxes.scores * nan, boxes.classes, boxes.probabilities,
        boxes.features * nan,
    )  # fmt: skip
    return Prediction(
        DenseMaps(levels, maps.image_size, maps.activation), spoilt, found.embedding * nan
    )


class Spoilt(Fake):
    """One image makes it predict NaN."""

    def predict(self, images):
        return [
            _spoilt(found) if np.array_equal(pixels, image(3, 0)) else found
            for pixels, found in zip(images, super().predict(images), strict=True)
        ]

    def sample(self, images, **options):
        drawn = super().sample(images, **options)
        if np.array_equal(images[0], image(3, 0)):
            return [[_spoilt(self.predict(images)[0]).maps for _ in drawn[0]]]
        return drawn


def _scored(folder, strategy, detector, batch_size, members=()):
    """Rows of ten images through the engine; the one numbered 7 cannot be read."""

    def read(record):
        if record.key == "7":
            raise DataError(record.path, "truncated")
        return image(int(record.key), 0)

    shards = ScoreShards(folder, "f")
    scorer = Scorer(
        detector, strategy, read, lambda key: np.random.default_rng(int(key)), members, batch_size
    )
    score([ImageRecord(str(i), f"/{i}.png", SIZE, SIZE) for i in range(10)], scorer, shards)
    return list(shards.rows()), shards.vectors()


@pytest.mark.parametrize("name", [name for name in NAMES if build(name).needs.forward])
def test_an_image_of_nan_is_recorded_and_the_others_scored(tmp_path, name):
    rows, _ = _scored(tmp_path, build(name), Spoilt(3), 4, (Spoilt(3, 1),))
    problems = {row.key: row.problem for row in rows if row.problem}
    assert sorted(problems) == ["3", "7"]
    assert "NaN" in problems["3"]
    assert next(row.score for row in rows if row.key == "3") is None


@pytest.mark.parametrize("name", [name for name in NAMES if build(name).needs.images])
def test_scores_do_not_depend_on_the_batch(tmp_path, name):
    strategy, members = build(name), (Fake(3, 1), Fake(3, 2))
    rows, vectors = _scored(tmp_path / "one", strategy, Fake(3), 1, members)
    again, same = _scored(tmp_path / "many", strategy, Fake(3), 4, members)
    assert [row.score for row in rows] == [row.score for row in again]
    for one, two in zip(rows, again, strict=True):
        np.testing.assert_array_equal(one.boxes, two.boxes)
    assert sorted(vectors) == sorted(same)
    for key, kept in vectors.items():
        np.testing.assert_array_equal(kept, same[key])


@pytest.mark.parametrize("name", RULED)
@pytest.mark.parametrize(("similar", "all_alike"), [("hash", 64), ("embedding", -1)])
def test_likeness_keeps_picks_apart(name, similar, all_alike):
    # At these thresholds all frames of one video look alike.
    strategy = build(name, similar=similar, similar_threshold=all_alike)
    pool = pool_for(strategy)
    chosen = Case(strategy, pool).select(3)
    assert sorted(pool.timeline.videos[i] for i in indices(chosen)) == ["v0", "v1", "v2"]
    assert chosen.blocked.all()
    none = 0 if similar == "hash" else 1
    apart = build(name, similar=similar, similar_threshold=none)
    assert Case(apart, pool).select(3).blocked.sum() == 3
    more = Case(strategy, pool).select(5)
    assert len(indices(more)) == 5
    assert "second pass" in more.picks[-1].reason


@pytest.mark.parametrize("name", PRICED)
def test_a_score_can_be_ranked_by_its_cost(name):
    plain, priced = build(name, temporal=False), build(name, cost_exponent=1, temporal=False)
    assert priced.needs.seconds
    assert not plain.needs.seconds
    pool = pool_for(plain)
    values = {p.index: p.score for p in Case(plain, pool).select(18).picks}
    for pick in Case(priced, pool).select(18).picks:
        if pick.score is not None:
            expected = values[pick.index] / pool.seconds[pick.index]
            assert pick.score == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ArgumentError, match="cost_exponent"):
        Case(priced, replace(pool, seconds=None)).select(3)
