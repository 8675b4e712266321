"""The cosine at which a share of neighbours look alike."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext import select
from labelnext.errors import ArgumentError
from tests.reference import select as temporal_reference
from tests.reference import select_diverse as reference


def cosines(vectors, videos, frames, lag):
    ranks = temporal_reference.positions(videos, frames, "pool_frames")
    found = []
    for i in range(len(videos)):
        for j in range(len(videos)):
            if videos[i] is not None and videos[i] == videos[j] and ranks[j] - ranks[i] == lag:
                found.append(reference.cosine(vectors[i], vectors[j]))
    return [value for value in found if value == value]


@given(st.integers(0, 2**32), st.integers(4, 30), st.integers(1, 4), st.floats(0.01, 1))
def test_matches_a_count_over_all_pairs(seed, n, lag, share):
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((n, 4)).astype(np.float32)
    vectors[rng.random(n) < 0.2] = np.nan
    videos = [[None, "a", "b"][k] for k in rng.integers(0, 3, n)]
    frames = rng.permutation(n).tolist()
    known = cosines(vectors, videos, frames, lag)
    options = {"videos": videos, "frames": frames, "lag": lag, "share": share}
    if not known:
        with pytest.raises(ArgumentError, match="'lag'"):
            select.threshold_for(vectors, **options)
        return
    found = select.threshold_for(vectors, **options)
    alike = sum(value >= found - 1e-6 for value in known)
    assert alike / len(known) >= share - 1e-9
    fewer = sum(value > found + 1e-6 for value in known)
    assert fewer / len(known) < share


def test_shares_are_whole_numbers_of_pairs():
    angles = np.deg2rad(np.cumsum([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]))
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    options = {"videos": ["a"] * 11, "frames": range(11), "lag": 1}
    for share, degrees in ((0.1, 10), (0.3, 30), (0.7, 70), (0.71, 80), (1.0, 100)):
        found = select.threshold_for(vectors, **options, share=share)
        np.testing.assert_allclose(found, np.cos(np.deg2rad(degrees)), atol=1e-6)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"lag": 0}, "lag"),
        ({"lag": 1.5}, "lag"),
        ({"lag": 5}, "lag"),
        ({"share": 0}, "share"),
        ({"share": 1.1}, "share"),
        ({"share": np.nan}, "share"),
        ({"frames": [0, None, 2]}, "frames"),
        ({"videos": ["a"]}, "videos"),
    ],
)
def test_arguments_are_checked(changed, word):
    given = {"videos": ["a"] * 3, "frames": [0, 1, 2], "lag": 1, "share": 0.5} | changed
    with pytest.raises(ArgumentError, match=f"'{word}' argument of select.threshold_for"):
        select.threshold_for(np.ones((3, 2), np.float32), **given)
