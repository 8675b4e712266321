import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ArgumentError
from labelnext.evaluate import agreement, f_change_bound, settled
from tests.evaluate.cases import boxes, detections_of, random_set
from tests.reference.evaluate_agreement import f1
from tests.reference.evaluate_matching import union_share

rows = st.lists(
    st.tuples(boxes, st.integers(0, 1), st.integers(0, 8).map(lambda k: k / 8)), max_size=4
)


@given(
    st.lists(st.tuples(rows, rows), max_size=4),
    st.sampled_from([0.2, 0.5]),
    st.sampled_from([0.0, 0.5]),
)
def test_equals_the_reference_in_either_order(drawn, iou, min_score):
    first, second = ([detections_of(pair[i]) for pair in drawn] for i in (0, 1))
    expected = f1(drawn, iou, min_score, union_share)
    for one, other in ((first, second), (second, first)):
        got = agreement(one, other, iou=iou, min_score=min_score)
        if expected is None:
            assert np.isnan(got)
        else:
            assert got == pytest.approx(expected)


def test_a_model_agrees_with_itself_and_not_with_silence():
    _, found = random_set(np.random.default_rng(0))
    assert agreement(found, found, min_score=0.0) == 1
    assert agreement(found, [detections_of([])] * len(found)) == 0


def test_boxes_are_shared_out_so_that_most_match():
    """Greedily the strong box takes the one that the weak box needs."""
    wide, left, right = (0, 0, 10, 10), (0, 0, 8, 10), (2, 0, 10, 10)
    first = [detections_of([(wide, 0, 0.9), (left, 0, 0.8)])]
    second = [detections_of([(left, 0, 0.9), (right, 0, 0.8)])]
    assert agreement(first, second, iou=0.7) == 1


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="'second'"):
        agreement([detections_of([])], [])
    with pytest.raises(ArgumentError, match="'iou'"):
        agreement([], [], iou=0)


def test_the_bound_of_f_by_hand():
    """κ of .99: F changes by .0404 at most (STRATEGIES §13)."""
    assert f_change_bound(0.99) == pytest.approx(0.0404, abs=5e-5)
    assert f_change_bound(1) == 0
    for kappa in (0, 1.1, float("nan")):
        with pytest.raises(ArgumentError):
            f_change_bound(kappa)


@pytest.mark.parametrize(
    ("agreements", "answer"),
    [
        ([], False),
        ([0.99, 0.995], False),
        ([0.5, 0.99, 0.995, 1.0], True),
        ([0.99, 0.98, 0.995], False),
        ([0.99, float("nan"), 0.995], False),
    ],
)
def test_settled_is_three_times_running(agreements, answer):
    assert settled(agreements) is answer


@pytest.mark.parametrize("options", [{"least": 1.5}, {"least": float("nan")}, {"in_a_row": 0}])
def test_settled_checks_its_arguments(options):
    with pytest.raises(ArgumentError):
        settled([1.0], **options)
