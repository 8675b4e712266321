"""PAL's classifier and LIUS, against Newton's method in plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.scores.true_positive import (
    TruePositiveModel,
    class_maxima,
    fit_true_positives,
    true_positive_entropy,
    true_positive_probability,
)
from tests.reference import scores_pal as reference


def labelled(seed, n=60):
    """Boxes that are right more often with support and score; class 2 is rare."""
    rng = np.random.default_rng(seed)
    support = rng.integers(0, 100, n).astype(float)
    scores = rng.uniform(0, 1, n)
    hits = rng.uniform(0, 1, n) < 1 / (1 + np.exp(3 - 0.03 * support - 3 * scores))
    labels = rng.choice(3, n, p=[0.5, 0.45, 0.05])
    return support, scores, labels, hits, rng.integers(0, 12, n)


def one_by_one(sample):
    support, scores, labels, hits, images = (part.tolist() for part in sample)
    return list(zip(support, scores, hits, labels, images, strict=True))


@pytest.mark.parametrize("folds", [1, 2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_equals_the_reference(folds, seed):
    sample = labelled(seed)
    model = fit_true_positives(*sample, classes=3, folds=folds)
    new = labelled(seed + 50, n=9)[:3]
    got = true_positive_probability(model, *new)
    for p, box in zip(got, zip(*(part.tolist() for part in new), strict=True), strict=True):
        expected = reference.probability(one_by_one(sample), 3, folds, 0.01, 6, box)
        assert p == pytest.approx(expected, abs=1e-6)


def test_published_number():
    """STRATEGIES §13: P .7: .8813 bits."""
    got = true_positive_entropy(np.array([0.7, 0.5, 0.0, 1.0]))
    np.testing.assert_allclose(got, [0.8813, 1, 0, 0], atol=5e-5)


@given(p=st.floats(0, 1))
def test_entropy_is_symmetric_and_equals_the_reference(p):
    got = true_positive_entropy(np.array([p, 1 - p]))
    assert got[0] == pytest.approx(reference.bits(p), abs=1e-12)
    assert got[1] == pytest.approx(got[0], abs=1e-9)


def test_it_learns_what_is_there():
    sample = labelled(0, n=4000)
    model = fit_true_positives(*sample, classes=3)
    support, scores, labels = labelled(1, n=500)[:3]
    truth = 1 / (1 + np.exp(3 - 0.03 * support - 3 * scores))
    got = true_positive_probability(model, support, scores, labels)
    common = labels < 2
    assert np.abs(got - truth)[common].mean() < 0.05


def test_a_class_with_few_boxes_takes_the_classifier_of_all():
    support, scores, _, hits, images = labelled(0)
    labels = np.zeros(60, np.int64)
    labels[:5] = 1
    both = fit_true_positives(support, scores, labels, hits, images, classes=3, folds=1)
    pooled = fit_true_positives(support, scores, labels * 0, hits, images, classes=1, folds=1)
    for label in (1, 2):
        np.testing.assert_allclose(both.coefficients[0, label], pooled.coefficients[0, 0])
    assert (both.coefficients[0, 0] != pooled.coefficients[0, 0]).any()


@pytest.mark.parametrize("kind", ["few", "all right", "all wrong", "none"])
def test_with_nothing_to_learn_from_p_is_the_score(kind):
    support, scores, labels, hits, images = labelled(0)
    n = {"few": 5, "none": 0}.get(kind, 60)
    hits = {"all right": np.ones(60, bool), "all wrong": np.zeros(60, bool)}.get(kind, hits)
    model = fit_true_positives(support[:n], scores[:n], labels[:n], hits[:n], images[:n], classes=3)
    got = true_positive_probability(model, support, scores, labels)
    np.testing.assert_allclose(got, scores)


def test_boxes_that_can_be_told_apart_wholly_stay_finite():
    scores = np.linspace(0, 1, 20)
    model = fit_true_positives(
        np.zeros(20), scores, np.zeros(20, np.int64), scores > 0.5, np.arange(20), classes=1
    )
    got = true_positive_probability(model, np.zeros(20), scores, np.zeros(20, np.int64))
    assert np.isfinite(got).all()
    assert (np.diff(got) > 0).all()
    assert got[0] < 0.05 < 0.95 < got[-1]


def test_order_of_boxes_and_scale_of_support_do_not_matter():
    sample = labelled(2)
    new = labelled(3, n=20)[:3]
    expected = true_positive_probability(fit_true_positives(*sample, classes=3), *new)
    order = np.random.default_rng(0).permutation(60)
    again = fit_true_positives(*(part[order] for part in sample), classes=3)
    np.testing.assert_allclose(true_positive_probability(again, *new), expected, atol=1e-6)
    scaled = fit_true_positives(7 * sample[0], *sample[1:], classes=3)
    got = true_positive_probability(scaled, 7 * new[0], *new[1:])
    np.testing.assert_allclose(got, expected, atol=1e-6)


@given(pairs=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), max_size=8))
def test_class_maxima(pairs):
    values = np.array([v for v, _ in pairs], np.float64)
    got = class_maxima(values, np.array([c for _, c in pairs], np.int64), 5)
    for label in range(5):
        own = [v for v, c in pairs if c == label]
        np.testing.assert_array_equal(got[label], max(own) if own else np.nan)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (0, np.full(60, np.nan), "'support'"),
        (0, np.full(60, -1.0), "'support'"),
        (0, np.ones(59), "each of the 60 boxes"),
        (1, np.full(60, 1.5), "'scores'"),
        (2, np.full(60, 3), "class from 0 to 2"),
        (2, np.zeros(59, np.int64), "60 boxes"),
        (3, np.ones(59, bool), "'hits'"),
        (4, np.zeros(59, np.int64), "'images'"),
    ],
)
def test_bad_arrays(place, value, says):
    sample = list(labelled(0))
    sample[place] = value
    with pytest.raises(ArgumentError, match=says):
        fit_true_positives(*sample, classes=3)
    if place < 3:
        model = TruePositiveModel(np.zeros((1, 3, 3)))
        with pytest.raises(ArgumentError, match=says):
            true_positive_probability(model, *sample[:3])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"folds": 0}, "'folds'"),
        ({"ridge": 0}, "'ridge'"),
        ({"least": 0}, "'least'"),
        ({"classes": 0}, "'classes'"),
    ],
)
def test_bad_options(options, says):
    with pytest.raises(ArgumentError, match=says):
        fit_true_positives(*labelled(0), **{"classes": 3, **options})


def test_bad_values():
    with pytest.raises(ArgumentError, match="from 0 to 1"):
        true_positive_entropy(np.array([np.nan]))
    with pytest.raises(ArgumentError, match="finite"):
        class_maxima(np.array([np.nan]), np.array([0]), 1)
    with pytest.raises(ArgumentError, match="'labels'"):
        class_maxima(np.array([0.5]), np.array([1]), 1)
