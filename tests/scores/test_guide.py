"""Rarity, class budgets and GUIDE, against loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores.boxes import box_entropy
from labelnext.scores.guide import class_budgets, guide, rare_classes, rare_entropy, rarity
from tests.reference import scores_pal as reference
from tests.scores.made import drawn, found, seeds


def test_published_number():
    """STRATEGIES §13: shares .6, .5: r .45."""
    assert rarity(np.array([6, 4]), np.array([5, 5]))[0] == pytest.approx(0.45)


def test_a_lone_class_keeps_a_meaning():
    np.testing.assert_array_equal(rarity(np.array([6]), np.array([5])), [1])
    np.testing.assert_array_equal(rarity(np.array([6, 0]), np.array([5, 0])), [0, 1])
    np.testing.assert_array_equal(rarity(np.array([0, 0]), np.array([3, 1])), [0.625, 0.875])


@given(
    rarities=st.lists(st.integers(0, 9), min_size=1, max_size=5).filter(any),
    budget=st.integers(0, 40),
    seed=seeds,
)
def test_budgets_are_whole_capped_and_near_their_share(rarities, budget, seed):
    weights = np.array(rarities, np.float64)
    images = np.random.default_rng(seed).integers(0, 30, len(weights))
    got = class_budgets(weights, images, budget=budget)
    wanted = np.minimum(images, budget * weights / weights.sum())
    assert (got <= images).all()
    assert (np.abs(got - wanted) < 1 + 1e-6).all()
    assert got.sum() == int(wanted.sum() + 1e-9)


def test_the_remainder_goes_to_the_largest_fractions():
    got = class_budgets(np.array([1.0, 1, 1]), np.array([9, 9, 9]), budget=5)
    assert got.tolist() == [2, 2, 1]
    got = class_budgets(np.array([0.5, 0.3, 0.2]), np.array([9, 9, 9]), budget=6)
    assert got.tolist() == [3, 2, 1]


@given(seed=seeds)
def test_terms_of_rare_classes(seed):
    detections, rarities = drawn(seed), np.array([0.1, 0.5, 0.9])
    if not len(detections):
        assert rare_entropy(detections, rarities) is None
        assert rare_classes(detections, rarities) is None
        return
    each = [
        rarities[c] * box_entropy(found([box], [s], [c]))
        for box, s, c in zip(detections.xyxy, detections.scores, detections.classes, strict=True)
    ]
    assert rare_entropy(detections, rarities) == pytest.approx(sum(each))
    labels = set(detections.classes.tolist())
    assert rare_classes(detections, rarities) == pytest.approx(sum(rarities[c] for c in labels))


def test_entropy_under_softmax_is_that_of_the_class_vector():
    one = found([[0, 0, 1, 1]], [0.7], [0], [[0.7, 0.2, 0.1]])
    got = rare_entropy(one, np.array([0.5]), activation="softmax")
    assert got == pytest.approx(0.5 * 0.8018, abs=5e-5)


def scene(seed, n=12, classes=3):
    rng = np.random.default_rng(seed)
    lius = np.round(rng.uniform(0, 1, (n, classes)), 1)  # with ties
    lius[rng.uniform(0, 1, lius.shape) < 0.4] = np.nan
    return (
        lius,
        rng.uniform(0, 3, n),
        rng.integers(0, 4, n).astype(float),
        rng.uniform(0.1, 1, classes),
        rng.standard_normal((n, 4)).astype(np.float32),
    )


def expected(lius, cwie, rcdi, rarities, embeddings, budget):
    listed = [
        {c: v for c, v in enumerate(row) if not np.isnan(v)} for row in lius.astype(float).tolist()
    ]
    budgets = class_budgets(rarities, (~np.isnan(lius)).sum(axis=0), budget=budget).tolist()
    return reference.guide(
        listed,
        cwie.tolist(),
        rcdi.tolist(),
        budgets,
        rarities.tolist(),
        None if embeddings is None else embeddings.astype(float).tolist(),
        budget,
    )


@given(seed=seeds, budget=st.integers(0, 15), embedded=st.booleans())
def test_guide_equals_the_reference(seed, budget, embedded):
    lius, cwie, rcdi, rarities, embeddings = scene(seed)
    given_ = embeddings if embedded else None
    got = guide(lius, cwie, rcdi, rarities, given_, budget=budget).tolist()
    assert got == expected(lius, cwie, rcdi, rarities, given_, budget)
    usable = (~np.isnan(lius)).any(axis=1)
    assert len(set(got)) == len(got) == min(budget, usable.sum())
    assert usable[got].all()


@given(seed=seeds)
def test_the_order_of_images_does_not_matter(seed):
    lius, cwie, rcdi, rarities, embeddings = scene(seed)
    lius = lius + np.random.default_rng(seed).uniform(0, 1e-3, lius.shape)  # without ties
    lius = np.clip(lius, 0, 1)
    order = np.random.default_rng(seed + 1).permutation(len(lius))
    got = guide(lius[order], cwie[order], rcdi[order], rarities, embeddings[order], budget=5)
    ties = len(np.unique(lius[~np.isnan(lius)])) < (~np.isnan(lius)).sum()
    straight = guide(lius, cwie, rcdi, rarities, embeddings, budget=5)
    assert ties or order[got].tolist() == straight.tolist()


def test_of_two_alike_one_is_chosen():
    """Equal LIUS and terms: the second of two equal images falls behind the third."""
    lius = np.full((3, 1), 0.5)
    embeddings = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    got = guide(lius, np.zeros(3), np.zeros(3), np.ones(1), embeddings, budget=2)
    assert got.tolist() == [0, 2]


def test_images_that_cannot_be_chosen_may_lack_the_other_terms():
    lius = np.array([[np.nan], [0.2]])
    nan = np.array([np.nan, 0.0])
    assert guide(lius, nan, nan, np.ones(1), budget=5).tolist() == [1]
    none = np.zeros((0, 2))
    assert len(guide(none, np.zeros(0), np.zeros(0), np.ones(2), budget=3)) == 0


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: rarity(np.array([-1]), np.array([1])), "'labelled'"),
        (lambda: rarity(np.array([1]), np.array([1, 2])), "'pool'"),
        (lambda: class_budgets(np.ones(2), np.array([1]), budget=1), "'images'"),
        (lambda: class_budgets(np.zeros(2), np.array([1, 1]), budget=1), "above 0"),
        (lambda: class_budgets(np.ones(1), np.array([1]), budget=-1), "'budget'"),
        (lambda: rare_entropy(drawn(0, n=5), np.zeros(0)), "'rarities'"),
        (lambda: rare_classes(drawn(0, n=5), np.full(3, np.nan)), "'rarities'"),
        (lambda: guide(*_with(0, 1.5), budget=1), "'lius'"),
        (lambda: guide(*_with(1, np.nan), budget=1), "'entropies'"),
        (lambda: guide(*_with(2, np.inf), budget=1), "'diversity'"),
        (lambda: guide(*_with(3, -1.0), budget=1), "'rarities'"),
        (lambda: guide(*_with(4, np.nan), budget=1), "'embeddings'"),
        (lambda: guide(*scene(0)[:3], np.ones(2), budget=1), "3 classes"),
    ],
)
def test_bad_arguments(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()


def _with(place, value):
    parts = [part.copy() for part in scene(0)]
    usable = (~np.isnan(parts[0])).any(axis=1) if place != 3 else np.ones(3, bool)
    parts[place][np.flatnonzero(usable)[0]] = value
    return parts
