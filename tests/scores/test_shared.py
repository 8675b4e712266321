"""What every acquisition score must satisfy; a new one need only be added to a table here."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from labelnext import scores
from labelnext.errors import ArgumentError
from labelnext.types import DenseMaps, MapLevel
from tests.scores.made import drawn, found, reordered, seeds


def dropout_divergence(maps):
    """The score of three passes that are made from one, pixel by pixel."""
    if isinstance(maps, np.ndarray):
        return scores.dropout_divergence(np.stack([maps, 1 - maps, maps * maps]))
    changed = [
        DenseMaps(
            tuple(MapLevel(level.logits * np.float32(f), level.stride) for level in maps.levels),
            maps.image_size,
            maps.activation,
        )
        for f in (1, 0.5, -1)
    ]
    return scores.dropout_divergence(changed)


SCORES = {
    "dropout_divergence": dropout_divergence,
    "entropy": scores.entropy,
    "local_divergence": lambda maps: scores.local_divergence(maps, radius=2),
}
every_score = pytest.mark.parametrize("score", SCORES.values(), ids=SCORES.keys())

UNCHANGED = np.array([[1.0, 0, 0], [0, 1, 0]])
WEIGHTS = np.array([0.2, 0.5, 1.0])
OTHERS = [drawn(1, n=4), drawn(2, n=0), drawn(3, n=9)]

# Scores of an image by its boxes; `f` are their features.
BOX_SCORES = {
    "box_entropy": lambda d, f: scores.box_entropy(d, class_weights=WEIGHTS),
    "box_least_confidence": lambda d, f: scores.box_least_confidence(d, aggregation="sum"),
    "box_margin": lambda d, f: scores.box_margin(d, aggregation="mean"),
    "consistency": lambda d, f: scores.consistency(d, [(o, UNCHANGED, (80, 80)) for o in OTHERS]),
    "distinct_entropy": lambda d, f: scores.distinct_entropy(d, f),
    "localisation_stability": lambda d, f: scores.localisation_stability(d, OTHERS),
    "localisation_tightness": lambda d, f: (
        scores.localisation_tightness(d, d.xyxy * np.float32(1.1)).smallest
    ),
    "rare_classes": lambda d, f: scores.rare_classes(d, WEIGHTS),
    "rare_entropy": lambda d, f: scores.rare_entropy(d, WEIGHTS),
    "stability_score": lambda d, f: scores.stability_score(d, OTHERS),
    "weighted_entropy": lambda d, f: scores.weighted_entropy(
        d, WEIGHTS, min_score=0, min_side=0, max_aspect=100
    ),
    "matching_distance": lambda d, f: scores.matching_distance(
        d, f, OTHERS[0], features_of(OTHERS[0]), min_score=0
    ),
}
SIGNED = {"consistency", "stability_score"}  # below 0 by definition
every_box_score = pytest.mark.parametrize("name", BOX_SCORES)

# What selection needs beside scores; each has checks of its own.
OTHER_NAMES = {
    "Cells", "Positives", "Tightness", "TruePositiveModel", "class_budgets", "class_difficulty",
    "class_maxima", "class_prototypes", "class_vector", "class_weights_of", "difficulty_weights",
    "fit_true_positives", "guide", "in_cells", "labelled_class_vector", "matching_distances",
    "on_cells", "probabilities", "rarity", "support", "to_pixels", "true_positive_entropy",
    "true_positive_probability",
}  # fmt: skip


def features_of(detections):
    """Something to see in each box that belongs to it, whatever its place in the list."""
    x = detections.xyxy.astype(np.float64)
    return np.cos(np.concatenate([x, x[:, ::-1] / 7], axis=1)).astype(np.float32)


def box_score(name, detections):
    return BOX_SCORES[name](detections, features_of(detections))


shapes = array_shapes(min_dims=3, max_dims=3, max_side=8)
probabilities = arrays(np.float32, shapes, elements=st.floats(0, 1, width=32))
logits = arrays(np.float32, shapes, elements=st.floats(-80, 80, width=32))


def dense(logits, activation="sigmoid", stride=1):
    """Maps of `[levels, classes, h, w]` logits that cover their own extent."""
    height, width = (size * stride for size in logits.shape[2:])
    return DenseMaps(
        tuple(MapLevel(level, stride) for level in logits), (height, width), activation
    )


def test_every_public_score_is_checked_here():
    assert {*SCORES, *BOX_SCORES, *OTHER_NAMES} == set(scores.__all__)


def test_importing_the_room_does_not_import_opencv():
    code = "import labelnext.scores, sys; sys.exit('cv2' in sys.modules or 'scipy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@every_score
@given(p=probabilities)
def test_range_shape_and_type(score, p):
    before = p.copy()
    s = score(p)
    assert s.shape == p.shape[1:]
    assert s.dtype == np.float32
    assert s.min() >= 0
    assert s.max() <= len(p) * math.log(2) + 1e-5
    np.testing.assert_array_equal(p, before)


@every_score
@given(p=probabilities)
def test_flips_and_transposition_carry_over(score, p):
    s = score(p)
    for turn in (np.flipud, np.fliplr, np.transpose):
        turned = np.stack([turn(level) for level in p])
        np.testing.assert_allclose(score(turned), turn(s), atol=1e-5)


@every_score
@given(p=probabilities, data=st.data())
def test_order_of_levels_is_irrelevant(score, p, data):
    order = data.draw(st.permutations(range(len(p))))
    np.testing.assert_allclose(score(p[order]), score(p), atol=1e-5)


@every_score
@given(p=probabilities)
def test_levels_add_up(score, p):
    apart = np.sum([score(level[None]) for level in p], axis=0)
    np.testing.assert_allclose(score(p), apart, atol=1e-5)


@every_score
def test_type_and_layout_of_the_input_are_irrelevant(score):
    p = np.random.default_rng(0).integers(0, 17, (3, 11, 13)) / 16  # exact in float16
    expected = score(p.astype(np.float32))
    for kind in (np.float16, np.float64):
        np.testing.assert_array_equal(score(p.astype(kind)), expected)
    np.testing.assert_array_equal(score(np.asfortranarray(p)), expected)
    np.testing.assert_array_equal(score(p.repeat(2, 2)[:, :, ::2]), expected)


@pytest.mark.parametrize("score", [scores.entropy, scores.local_divergence])
@given(x=logits)
def test_logits_and_their_probabilities_score_alike(score, x):
    maps = dense(x[:, None])
    np.testing.assert_allclose(score(maps), score(scores.probabilities(maps)[:, 0]), atol=1e-6)


@every_score
@given(x=logits)
def test_extreme_logits_stay_finite_and_in_range(score, x):
    with np.errstate(all="raise", under="ignore"):
        s = score(dense(x[:, None]))
    assert np.isfinite(s).all()
    assert s.min() >= 0
    assert s.max() <= len(x) * math.log(2) + 1e-5


@every_score
@given(x=logits)
def test_two_softmax_classes_are_one_sigmoid_class(score, x):
    pair = np.stack([x, np.zeros_like(x)], axis=1)
    np.testing.assert_allclose(score(dense(pair, "softmax")), score(dense(x[:, None])), atol=1e-5)


@every_score
@given(x=logits)
def test_sigmoid_classes_add_up(score, x):
    # Levels of one map are taken for classes of one level.
    np.testing.assert_allclose(score(dense(x[None])), score(dense(x[:, None])), atol=1e-5)


@every_score
@given(x=logits)
def test_softmax_stays_below_ln_classes(score, x):
    s = score(dense(np.stack([x, x[::-1], -x], axis=1), "softmax"))
    assert s.min() >= 0
    assert s.max() <= len(x) * math.log(3) + 1e-5


@every_score
@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.01, 1.01])
def test_what_is_no_probability_is_refused(score, bad):
    p = np.full((2, 3, 4), 0.5, np.float32)
    p[1, 2, 3] = bad
    with pytest.raises(ArgumentError, match=r"probabilities in \[0, 1\]"):
        score(p)


@every_score
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_are_refused(score, bad):
    x = np.zeros((2, 1, 3, 4), np.float32)
    x[1, 0, 2, 3] = bad
    with pytest.raises(ArgumentError, match=r"finite logits.*level 1"):
        score(dense(x))


@every_score
@pytest.mark.parametrize(
    "maps",
    [
        DenseMaps((), (4, 4)),
        DenseMaps((MapLevel(np.zeros((1, 2, 2), np.float32), 2),), (0, 4)),
        DenseMaps((MapLevel(np.zeros((1, 2, 2), np.float32), 0),), (4, 4)),
        DenseMaps((MapLevel(np.zeros((1, 0, 2), np.float32), 2),), (4, 4)),
        DenseMaps((MapLevel(np.zeros((1, 2, 2), np.float32), 2),), (4, 4), "softmax"),
        DenseMaps(
            tuple(MapLevel(np.zeros((c, 2, 2), np.float32), 2) for c in (1, 2)), (4, 4)
        ),
    ],
    ids=["no levels", "no image", "no stride", "no cells", "one softmax class", "classes differ"],
)  # fmt: skip
def test_maps_that_are_not_whole_are_refused(score, maps):
    with pytest.raises(ArgumentError, match="must be"):
        score(maps)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("score", [scores.entropy, scores.local_divergence])
@pytest.mark.parametrize(
    "p", [np.zeros((3, 4)), np.zeros((2, 3, 4), int), np.zeros((0, 3, 4)), [[[0.5]]]]
)
def test_other_arrays_are_refused(score, p):
    with pytest.raises(ArgumentError, match=r"\[levels, height, width\]"):
        score(p)


@every_box_score
@given(seed=seeds)
def test_box_scores_are_finite_and_leave_their_input_alone(name, seed):
    detections, same = drawn(seed), drawn(seed)
    value = box_score(name, detections)
    assert (value is None) == (len(detections) == 0)
    if value is not None:
        assert type(value) is float
        assert math.isfinite(value)
        assert value >= 0 or name in SIGNED
    for part in ("xyxy", "scores", "classes"):
        np.testing.assert_array_equal(getattr(detections, part), getattr(same, part))


@every_box_score
@given(seed=seeds)
def test_order_of_boxes_is_irrelevant(name, seed):
    detections = drawn(seed, n=6)
    order = np.random.default_rng(seed).permutation(6)
    got = box_score(name, reordered(detections, order))
    assert got == pytest.approx(box_score(name, detections), abs=1e-6)


@every_box_score
def test_an_image_scores_the_same_among_others(name):
    pool = [drawn(seed) for seed in range(12)]
    alone = [box_score(name, one) for one in pool]
    backwards = [box_score(name, one) for one in pool[::-1]]
    assert backwards[::-1] == alone
    assert len({value for value in alone if value is not None}) > 1


@every_box_score
@pytest.mark.parametrize("score", [0.0, 1.0, 0.5])
def test_certain_and_equal_boxes_have_a_score(name, score):
    boxes = drawn(0, n=3)
    value = box_score(name, found(boxes.xyxy, [score] * 3, boxes.classes))
    assert math.isfinite(value)


@every_box_score
@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1, np.inf])
def test_scores_that_are_none_are_refused(name, bad):
    boxes = drawn(0, n=3)
    with pytest.raises(ArgumentError, match="scores from 0 to 1"):
        box_score(name, found(boxes.xyxy, [0.5, bad, 0.5], boxes.classes))


@every_box_score
def test_boxes_that_are_not_finite_are_refused(name):
    boxes = drawn(0, n=2)
    xyxy = boxes.xyxy.copy()
    xyxy[1, 2] = np.nan
    with pytest.raises(ArgumentError, match="finite"):
        BOX_SCORES[name](found(xyxy, boxes.scores, boxes.classes), features_of(boxes))
