"""Weights of rare classes: their numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError

COUNTS = st.lists(st.integers(0, 1000), min_size=1, max_size=6)


def test_inverse_frequency():
    found = select.class_weights(np.array([3, 1, 8]))
    np.testing.assert_allclose(found, [15 / 4, 15 / 2, 15 / 9])


def test_shares_of_labelled_and_pool():
    found = select.class_weights(np.array([60, 40]), kind="pal", pool=np.array([5, 5]))
    np.testing.assert_allclose(found, [0.45, 0.55])


def test_nothing_counted_yet():
    np.testing.assert_array_equal(select.class_weights(np.zeros(3, int)), [3, 3, 3])
    zeros = np.zeros(2, int)
    np.testing.assert_array_equal(select.class_weights(zeros, kind="pal", pool=zeros), [1, 1])
    assert select.class_weights(np.zeros(0, int)).shape == (0,)


def test_weights_are_clipped():
    np.testing.assert_array_equal(select.class_weights(np.array([0, 10**6]))[0], 8)
    one = np.array([7])
    np.testing.assert_array_equal(select.class_weights(one, kind="pal", pool=one), [1 / 8])


@given(COUNTS, st.data())
def test_rarer_never_weighs_less(counts, data):
    labelled = np.array(counts)
    pool = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(counts),
                                       max_size=len(counts))))  # fmt: skip
    for weights, order in (
        (select.class_weights(labelled), labelled),
        (select.class_weights(labelled, kind="pal", pool=pool), None),
    ):
        assert ((weights >= 1 / 8) & (weights <= 8)).all()
        if order is not None:
            assert (np.diff(weights[np.argsort(order)]) <= 1e-12).all()


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("counts", "options", "word"),
    [
        (np.array([-1, 2]), {}, "counts"),
        (np.array([1.5]), {}, "counts"),
        (np.array([1]), {"kind": "rare"}, "kind"),
        (np.array([1]), {"kind": "pal"}, "pool"),
        (np.array([1]), {"pool": np.array([1])}, "pool"),
        (np.array([1]), {"kind": "pal", "pool": np.array([1, 2])}, "pool"),
        (np.array([1]), {"kind": "pal", "pool": np.array([-1])}, "pool"),
    ],
)
def test_arguments_are_checked(counts, options, word):
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.class_weights"):
        select.class_weights(counts, **options)
