import numpy as np
import pytest

from labelnext.detectors import maps_file
from labelnext.errors import DataError
from labelnext.types import DenseMaps, MapLevel

GOOD = {
    "level_0": np.zeros((2, 3, 4), np.float32),
    "strides": np.array([8]),
    "image_size": np.array([24, 32]),
}


def put(path, **changes):
    np.savez(
        path, **{name: array for name, array in {**GOOD, **changes}.items() if array is not None}
    )
    return path


@pytest.mark.parametrize(("half", "error"), [(False, 0), (True, 5e-3)])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_round_trip(tmp_path, half, error, activation):
    rng = np.random.default_rng(0)
    levels = tuple(
        MapLevel(rng.normal(0, 3, (2, 24 // s, 32 // s)).astype(np.float32), s) for s in (4, 8)
    )
    path = tmp_path / "deep" / "a.npz"
    maps_file.write(path, DenseMaps(levels, (24, 32), activation), half=half)
    got = maps_file.read(path)
    assert (got.image_size, got.activation) == ((24, 32), activation)
    for left, right in zip(got.levels, levels, strict=True):
        assert left.stride == right.stride
        np.testing.assert_allclose(left.logits, right.logits, atol=error)
    assert [p.name for p in path.parent.iterdir()] == ["a.npz"]


def test_sigmoid_is_the_default(tmp_path):
    assert maps_file.read(put(tmp_path / "a.npz")).activation == "sigmoid"


@pytest.mark.parametrize(
    ("changes", "record"),
    [
        ({"level_0": None}, "level_0"),
        ({"level_0": np.zeros((2, 3))}, "level_0"),
        ({"level_0": np.zeros((2, 3, 4), int)}, "level_0"),
        ({"level_0": np.full((2, 3, 4), np.nan)}, "level_0"),
        ({"level_0": np.zeros((0, 3, 4))}, "level_0"),
        ({"strides": np.array([8, 16])}, "level_1"),
        ({"strides": np.array([8, 16]), "level_1": np.zeros((3, 1, 1))}, "level_0"),
        ({"strides": None}, "strides"),
        ({"strides": np.array([0])}, "strides"),
        ({"strides": np.array([], int)}, "image_size"),
        ({"image_size": np.array([1.5, 2])}, "image_size"),
        ({"image_size": np.array([1, 2, 3])}, "image_size"),
        ({"activation": np.array("relu")}, "activation"),
    ],
)
def test_faults(tmp_path, changes, record):
    with pytest.raises(DataError, match=rf"a\.npz, {record}: must be"):
        maps_file.read(put(tmp_path / "a.npz", **changes))


def test_damaged_absent_or_pickled(tmp_path):
    path = put(tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[:100])
    pickled = put(tmp_path / "b.npz", level_0=np.array([{}], object))
    empty = tmp_path / "d.npz"
    empty.touch()
    array = tmp_path / "e.npz"
    with array.open("wb") as handle:
        np.save(handle, np.zeros(3))
    for bad in (path, pickled, tmp_path / "c.npz", empty, array):
        with pytest.raises(DataError, match=r"is not a readable \.npz file"):
            maps_file.read(bad)
