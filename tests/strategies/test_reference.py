"""The whole selection of each strategy against plain loops that share no code with it."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from labelnext.evidence import Labelled
from tests.reference import select_diverse
from tests.reference import strategies as slow
from tests.strategies.pools import Case, build, evidence, only, pool_for, timeline

N, BUDGET, WITHIN, REGION, RADIUS = 15, 4, 1, 8, 1


def boxes_of(found):
    return [
        (box.tolist(), float(score), int(label), vector.tolist(), feature.tolist())
        for box, score, label, vector, feature in zip(
            found.xyxy, found.scores, found.classes, found.probabilities, found.features,
            strict=True,
        )
    ]  # fmt: skip


def levels_of(maps):
    return [(level.logits, level.stride) for level in maps.levels], maps.image_size


def plain(seen, place=(None, 0), truth=None):
    """The evidence of an image as the reference takes it."""
    found = seen.prediction.detections
    return {
        "boxes": boxes_of(found),
        "embedding": seen.prediction.embedding.tolist(),
        "maps": levels_of(seen.prediction.maps),
        "samples": [levels_of(maps) for maps in seen.samples],
        "views": [
            (boxes_of(view.prediction.detections), view.matrix.tolist(), view.size)
            for view in seen.views
        ],
        "video": place[0],
        "frame": place[1],
        "size": seen.size,
        "truth": truth,
    }


def both(strategy, classes, video, seed):
    """The pool and the labelled images twice: for the strategy, and in plain lists."""
    pool = pool_for(strategy, n=N, classes=classes, video=video, seed=seed)
    line = timeline(N, video)
    images = [
        plain(evidence(strategy, i, seed, classes), (line.videos[i], int(line.frames[i])))
        for i in range(N)
    ]
    labelled = [
        plain(
            evidence(strategy, i, seed + 1000, classes),
            truth=[
                (box.tolist(), int(label), bool(ignore))
                for box, label, ignore in zip(
                    truth.xyxy, truth.classes, truth.ignore, strict=True
                )
            ],
        )
        for i, truth in enumerate(pool.labelled.truths)
    ]  # fmt: skip
    return pool, images, labelled


def small(name, **arguments):
    return build(name, **{"within_cycle": WITHIN, **arguments})


WAYS = {
    "k-center": (
        {"oversample": 2.0},
        lambda a, b, k: slow.k_center(a, b, BUDGET, WITHIN, 2.0),
    ),
    "hybrid": (
        {"factor": 2.5, "radius": RADIUS, "region": REGION},
        lambda a, b, k: slow.hybrid(a, b, BUDGET, WITHIN, 2.5, RADIUS, REGION, k, True),
    ),
    "ensemble": (
        {"region": REGION},
        lambda a, b, k: slow.ensemble(a, BUDGET, WITHIN, REGION),
    ),
    "stability": ({"levels": 2}, lambda a, b, k: slow.by_stability(a, BUDGET, WITHIN)),
    "box-entropy": (
        {"class_weighted": True},
        lambda a, b, k: slow.weighted_entropy(a, b, BUDGET, WITHIN, k),
    ),
    "consistency": (
        {"delta": 1.0},
        lambda a, b, k: slow.by_consistency(a, b, BUDGET, WITHIN, 1.3, 1.0, k),
    ),
    "prototypes": (
        {"factor": 2.0, "enms": 0.3, "intra": 0.4},
        lambda a, b, k: slow.by_prototypes(
            a, b, BUDGET, WITHIN, 2.0, (0.3, 0.4, 0.3, 0.5, 0.75), k
        ),
    ),
    "ppal": ({"factor": 2.0}, lambda a, b, k: slow.ppal(a, b, BUDGET, WITHIN, 2.0, k)),
    "pal": ({"factor": 2.0}, lambda a, b, k: slow.pal(a, b, BUDGET, WITHIN, 2.0, k)),
}  # fmt: skip


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize(("classes", "video", "seed"), [(1, True, 0), (3, False, 1), (3, True, 2)])
def test_picks_are_those_of_plain_loops(name, classes, video, seed):
    arguments, expected = WAYS[name]
    strategy = small(name, **arguments)
    pool, images, labelled = both(strategy, classes, video, seed)
    picks = [pick.index for pick in Case(strategy, pool).select(BUDGET).picks]
    assert picks == expected(images, labelled, classes)


def test_k_means_draws_as_often_as_the_odds_say():
    strategy = small("k-means", temporal=False)
    pool, images, labelled = both(strategy, 1, False, 0)
    small_pool = only(pool, 4)
    rows, before = ([one["embedding"] for one in some] for some in (images[:4], labelled))
    draws = 600
    counts = Counter(
        tuple(p.index for p in Case(strategy, small_pool).select(2, seed=seed).picks)
        for seed in range(draws)
    )
    for first in range(4):
        for second in set(range(4)) - {first}:
            odds = select_diverse.k_means_odds(rows, before, (first, second))
            deviation = np.sqrt(draws * odds * (1 - odds))
            assert abs(counts[first, second] - draws * odds) < 4.5 * deviation + 1


@pytest.mark.parametrize("base", ["divergence", "entropy", "box-entropy", "box-margin"])
def test_a_hybrid_of_factor_one_picks_what_its_score_ranks_best(base):
    one, plain_score = build("hybrid", base=base, factor=1, quotas=False), build(base)
    for video in (False, True):
        picks = [
            {p.index for p in Case(each, pool_for(each, video=video)).select(5).picks}
            for each in (one, plain_score)
        ]
        assert picks[0] == picks[1]


@pytest.mark.parametrize("way", ["k-center", "k-means"])
def test_of_a_hybrid_without_quotas_the_classes_do_not_matter(way):
    with_, without = (build("hybrid", diversity=way, quotas=q) for q in (True, False))
    pool = pool_for(with_, classes=1)
    assert Case(with_, pool).select(6).picks == Case(without, pool).select(6).picks


def test_quotas_bring_what_is_rare_among_the_labels():
    with_, without = (build("hybrid", quotas=q, temporal=False, factor=9) for q in (True, False))
    rare, got = [3, 8, 11], []
    pool = pool_for(with_, video=False)
    known = pool.labelled
    labelled = Labelled(  # class 2 is unheard of, and shows on three images
        tuple(truth.take(truth.classes != 2) for truth in known.truths),
        known.detections, known.vectors, known.boxes,
    )  # fmt: skip
    found = [
        type(one)(one.xyxy, one.scores, np.full(len(one), 2) if i in rare else one.classes % 2)
        for i, one in enumerate(pool.detections)
    ]
    pool = replace(pool, detections=found, labelled=labelled)
    for strategy in (with_, without):
        picks = Case(strategy, pool).select(4).picks
        got.append(len({pick.index for pick in picks} & set(rare)))
    assert got[0] >= 2
    assert got[1] < got[0]


@pytest.mark.parametrize("name", ["k-center", "k-means"])
def test_what_looks_like_another_comes_last(name):
    strategy = small(name, temporal=False)
    pool = only(pool_for(strategy, video=False), 8)
    vectors = pool.vectors["embedding"].copy()
    vectors[4:] = vectors[0]
    pool = type(pool)(pool.timeline, pool.scores, 3, {"embedding": vectors}, labelled=pool.labelled)
    for seed in range(5):
        picks = [p.index for p in Case(strategy, pool).select(4, seed=seed).picks]
        assert len({vectors[i].tobytes() for i in picks}) == 4


def test_equal_members_disagree_about_nothing():
    strategy = build("ensemble")
    seen = evidence(strategy, 2, 0, 3)
    same = type(seen)(seen.size, seen.prediction, (seen.samples[0],) * 3, classes=3)
    assert strategy.score(same).score == pytest.approx(0, abs=1e-6)
    assert strategy.score(seen).score > 0.01
    alone = type(seen)(seen.size, seen.prediction, (seen.samples[0],), classes=3)
    assert strategy.score(alone).score is None


def test_views_that_change_nothing_find_nothing_unstable():
    strategy = build("stability", sigma=0, combine=False)
    seen = evidence(strategy, 2, 0, 3)
    assert len(seen.views) == 6
    assert strategy.score(seen).score == pytest.approx(0, abs=1e-6)


def test_the_middle_agreement_is_the_most_informative():
    # Unchanged views of a box of score s agree by 1 + s: m − β = s − 0.3.
    strategy = build("consistency", scale=1, degrees=0, cuts=0, beta=1.3)
    seen = evidence(strategy, 2, 0, 1)
    for view in seen.views[1:]:  # the first is the mirror
        np.testing.assert_array_equal(view.matrix, [[1, 0, 0], [0, 1, 0]])
    still = type(seen)(seen.size, seen.prediction, (), seen.views[1:], None, 1)
    expected = -np.abs(seen.prediction.detections.scores.astype(float) - 0.3).min()
    assert strategy.score(still).score == pytest.approx(expected, abs=1e-6)


def test_pal_learns_nothing_from_boxes_to_ignore():
    strategy = build("pal", temporal=False)
    pool = pool_for(strategy, classes=1, video=False)
    known = pool.labelled

    def picks(truths, detections, boxes):
        labelled = Labelled(truths, detections, known.vectors, boxes)
        changed = type(pool)(
            pool.timeline, pool.scores, 1, pool.vectors, pool.detections, pool.boxes, labelled
        )
        return Case(strategy, changed).select(6).picks

    truths, cut, rows = [], [], []
    for truth, found, kept in zip(known.truths, known.detections, known.boxes, strict=True):
        far = type(truth).from_boxes([[200.0, 200, 400, 400]], ignore=[True])
        pairs = zip(truth.fields()[:4], far.fields()[:4], strict=True)
        fields = [np.concatenate(pair) for pair in pairs]
        truths.append(type(truth)(*fields))
        inside = type(found)(
            np.concatenate([found.xyxy, [[250, 250, 270, 280]]]).astype(np.float32),
            np.append(found.scores, np.float32(0.9)), np.append(found.classes, 0),
        )  # fmt: skip
        cut.append(inside)
        rows.append(np.concatenate([kept, [[3]]]).astype(np.float32))
    assert picks(tuple(truths), cut, rows) == picks(known.truths, known.detections, known.boxes)
    wrong = [truth.take(~truth.ignore) for truth in truths]  # now they are false positives
    assert picks(tuple(wrong), cut, rows) != picks(tuple(truths), cut, rows)
