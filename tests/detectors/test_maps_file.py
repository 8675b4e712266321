import pickle
import subprocess
import sys

import numpy as np
import pytest
from safetensors.numpy import save_file

from labelnext.detectors import maps_file
from labelnext.errors import DataError
from labelnext.types import DenseMaps, MapLevel

GOOD = {
    "level_0": np.zeros((2, 3, 4), np.float32),
    "strides": np.array([8]),
    "image_size": np.array([24, 32]),
}


def put(path, **changes):
    arrays = {name: array for name, array in {**GOOD, **changes}.items() if array is not None}
    if path.suffix == ".npz":
        np.savez(path, **arrays)
        return path
    facts = {"activation": str(arrays.pop("activation"))} if "activation" in arrays else None
    save_file(arrays, path, metadata=facts)
    return path


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request, tmp_path):
    """Where maps are written, in each of the formats."""
    return tmp_path / f"a{request.param}"


@pytest.mark.parametrize(("half", "error"), [(False, 0), (True, 5e-3)])
@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_round_trip(path, half, error, activation):
    rng = np.random.default_rng(0)
    levels = tuple(
        MapLevel(rng.normal(0, 3, (2, 24 // s, 32 // s)).astype(np.float32), s) for s in (4, 8)
    )
    path = path.parent / "deep" / path.name
    maps_file.write(path, DenseMaps(levels, (24, 32), activation), half=half)
    got = maps_file.read(path)
    assert (got.image_size, got.activation) == ((24, 32), activation)
    for left, right in zip(got.levels, levels, strict=True):
        assert left.stride == right.stride
        assert left.logits.dtype == np.float32
        np.testing.assert_allclose(left.logits, right.logits, atol=error)
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_sigmoid_is_the_default(path):
    assert maps_file.read(put(path)).activation == "sigmoid"


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
def test_faults(path, changes, record):
    with pytest.raises(DataError, match=rf"a{path.suffix}, {record}: must be"):
        maps_file.read(put(path, **changes))


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


def test_safetensors_that_are_damaged_absent_or_of_a_type_that_numpy_lacks(tmp_path):
    path = put(tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:-5])
    pickled = tmp_path / "b.safetensors"
    pickled.write_bytes(pickle.dumps({"level_0": 1}))
    empty = tmp_path / "c.safetensors"
    empty.touch()
    for bad in (path, pickled, empty, tmp_path / "d.safetensors"):
        with pytest.raises(DataError, match=r"is not a readable \.safetensors file"):
            maps_file.read(bad)
    brain = tmp_path / "e.safetensors"
    head = b'{"level_0":{"dtype":"BF16","shape":[1,1,1],"data_offsets":[0,2]}}'
    brain.write_bytes(len(head).to_bytes(8, "little") + head + bytes(2))
    with pytest.raises(DataError, match=r"level_0: must be of float16, .* Got BF16 instead"):
        maps_file.read(brain)


def test_safetensors_are_read_without_torch(tmp_path):
    path = put(tmp_path / "a.safetensors")
    code = (
        "import sys\nfrom pathlib import Path\nsys.modules['torch'] = None\n"
        "from labelnext.detectors import maps_file\n"
        f"print(maps_file.read(Path({str(path)!r})).image_size)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "(24, 32)\n"
