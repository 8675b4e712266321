"""Outcomes of a test set go to a file and come back the same, or are refused."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.errors import ProjectError
from labelnext.evaluate.outcomes import Outcomes, outcome_miss_rate
from labelnext.store import outcomes as store


def drawn(images: int, detections: int, seed: int = 0) -> Outcomes:
    rng = np.random.default_rng(seed)
    right = rng.random(detections) < 0.4
    return Outcomes(
        rng.integers(0, 4, images),
        rng.integers(0, max(images, 1), detections),
        rng.random(detections),
        right,
        ~right & (rng.random(detections) < 0.2),
    )


def same(a: Outcomes, b: Outcomes) -> bool:
    names = ("instances", "image", "scores", "right", "ignored")
    pairs = [(getattr(a, name), getattr(b, name)) for name in names]
    return all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in pairs)


@given(images=st.integers(1, 9), detections=st.integers(0, 30), seed=st.integers(0, 99))
def test_what_is_saved_comes_back(
    tmp_path_factory: pytest.TempPathFactory, images: int, detections: int, seed: int
) -> None:
    path = tmp_path_factory.mktemp("outcomes") / "round-0001.npz"
    found = drawn(images, detections, seed)
    digest = store.save(path, found)
    back = store.load(path, digest)
    assert same(back, found)
    assert outcome_miss_rate(back) == pytest.approx(outcome_miss_rate(found), nan_ok=True, abs=0)


def test_an_empty_test_set_keeps_its_shape(tmp_path: Path) -> None:
    digest = store.save(tmp_path / "o.npz", drawn(0, 0))
    assert store.load(tmp_path / "o.npz", digest).images == 0


def test_equal_outcomes_give_equal_bytes(tmp_path: Path) -> None:
    digests = {store.save(tmp_path / name, drawn(5, 20)) for name in ("a.npz", "b.npz")}
    assert len(digests) == 1
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert store.save(tmp_path / "c.npz", drawn(5, 20, seed=1)) not in digests


def test_another_file_and_no_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "o.npz"
    digest = store.save(path, drawn(5, 20))
    with pytest.raises(ProjectError, match="not what the round wrote"):
        store.load(path, "0" * 32)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(ProjectError, match=r"not what the round wrote.*back from a copy"):
        store.load(path, digest)
    path.unlink()
    with pytest.raises(ProjectError, match="cannot be read"):
        store.load(path, digest)
    assert not list(tmp_path.iterdir())


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    from hashlib import blake2b

    path = tmp_path / "o.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(ProjectError, match="holds no outcomes"):
        store.load(path, blake2b(b"no archive", digest_size=16).hexdigest())
