"""Plain reductions at known points."""

import numpy as np

from labelnext import aggregate


def test_known_values():
    s = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 8.0]], np.float32)
    assert aggregate.mean(s) == 3
    assert aggregate.max(s) == 8
    assert aggregate.sum(s) == 18


def test_large_images_add_up_in_double_precision():
    s = np.full((1000, 1000), 0.1, np.float32)
    assert abs(aggregate.sum(s) - 1e6 * float(np.float32(0.1))) < 1e-6
