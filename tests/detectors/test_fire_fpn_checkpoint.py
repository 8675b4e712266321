"""Weights on disk: round trips, and every way a file can be unfit."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="fire-fpn needs torch")

from safetensors.torch import save_file  # noqa: E402

from labelnext.detectors.common import checkpoint  # noqa: E402
from labelnext.detectors.fire_fpn import FireFPN  # noqa: E402
from labelnext.errors import CheckpointError, ProjectError  # noqa: E402


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    detector = FireFPN.create(
        ["a", "b"], seed=0, width=0.125, box_scale=0.5, norm="running", threshold=0.2
    )
    detector.save(tmp_path / "weights.safetensors")
    return tmp_path / "weights.safetensors"


def test_round_trip(saved: Path) -> None:
    detector = FireFPN.load(saved)
    again = saved.with_name("again.safetensors")
    detector.save(again)
    assert again.read_bytes() == saved.read_bytes()
    assert detector.classes == ("a", "b")
    assert detector.arguments.threshold == 0.2
    assert FireFPN.load(again).fingerprint() == detector.fingerprint()
    image = np.random.default_rng(0).integers(0, 255, (40, 40, 3), dtype=np.uint8)
    one, two = (d.predict([image])[0].maps for d in (detector, FireFPN.load(again)))
    assert one is not None
    assert two is not None
    for a, b in zip(one.levels, two.levels, strict=True):
        np.testing.assert_array_equal(a.logits, b.logits)


def test_decoding_may_change_but_not_the_architecture(saved: Path) -> None:
    assert FireFPN.load(saved, threshold=0.5, width=0.125).arguments.threshold == 0.5
    with pytest.raises(CheckpointError, match=r"its width is 0\.125, but 0\.5"):
        FireFPN.load(saved, width=0.5)
    with pytest.raises(CheckpointError, match="its norm is 'running', but 'instance'"):
        FireFPN.load(saved, norm="instance")


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.999])
def test_a_truncated_file_is_refused(saved: Path, share: float) -> None:
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
        FireFPN.load(saved)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return (Path.touch, (tmp_path / "sprung",))  # type: ignore[return-value]

    for name, dump in {"plain.pt": lambda f: pickle.dump(Trap(), f),
                       "torch.pth": lambda f: torch.save({"w": Trap()}, f)}.items():  # fmt: skip
        with (tmp_path / name).open("wb") as file:
            dump(file)
        with pytest.raises(CheckpointError, match="safetensors"):
            FireFPN.load(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_files_of_others_are_refused(tmp_path: Path, saved: Path) -> None:
    with pytest.raises(CheckpointError, match="no such weights file"):
        FireFPN.load(tmp_path / "none.safetensors")
    save_file({"w": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(CheckpointError, match="not one that labelnext wrote"):
        FireFPN.load(tmp_path / "other.safetensors")
    checkpoint.write(tmp_path / "state.safetensors", {}, {"job": {}})
    with pytest.raises(CheckpointError, match="training state"):
        FireFPN.load(tmp_path / "state.safetensors")
    tensors, facts = checkpoint.read(saved)
    checkpoint.write(tmp_path / "short.safetensors", dict(list(tensors.items())[1:]), facts)
    with pytest.raises(CheckpointError, match="another architecture"):
        FireFPN.load(tmp_path / "short.safetensors")
    wider = {**tensors, "predict.bias": torch.zeros(3)}
    checkpoint.write(tmp_path / "wide.safetensors", wider, facts)
    with pytest.raises(CheckpointError, match=r"predict\.bias has shape \(3,\), not \(2,\)"):
        FireFPN.load(tmp_path / "wide.safetensors")
    checkpoint.write(tmp_path / "new.safetensors", tensors, {**facts, "format": 99})
    with pytest.raises(CheckpointError, match="format 99"):
        FireFPN.load(tmp_path / "new.safetensors")


def test_a_failed_write_leaves_the_old_file_and_no_rest(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProjectError, match="No space left"):
        FireFPN.create(["a"], seed=1, width=0.125).save(saved)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == [saved.name]


def test_the_room_imports_without_torch() -> None:
    code = "import sys, labelnext.detectors; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_missing_torch_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from labelnext.errors import MissingExtraError\n"
        "try:\n    import labelnext.detectors.fire_fpn\n"
        "except MissingExtraError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "fire-fpn needs the optional dependencies [torch]" in done.stdout
