"""What the `onnx` detector needs and says: packages, telemetry, devices, its page."""

import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

onnxruntime = pytest.importorskip("onnxruntime", reason="the onnx detector needs onnxruntime")
pytest.importorskip("onnx", reason="the onnx detector needs onnx")

from labelnext.detectors.onnx_models import OnnxDetector  # noqa: E402
from labelnext.detectors.onnx_models.options import Arguments  # noqa: E402
from labelnext.errors import ArgumentError  # noqa: E402
from tests.detectors.onnx_toys import Toy  # noqa: E402

_BLOCK = """
import sys
from importlib.abc import MetaPathFinder
class Blocked(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Blocked())
from labelnext.errors import MissingExtraError
try:
    import labelnext.detectors.onnx_models
except MissingExtraError as error:
    print(error)
"""
_WATCH = """
import os, sys
from importlib.abc import MetaPathFinder
os.environ.pop("ORT_DISABLE_TELEMETRY", None)
seen = []
class Watch(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "onnxruntime":
            seen.append(os.environ.get("ORT_DISABLE_TELEMETRY"))
sys.meta_path.insert(0, Watch())
import labelnext.detectors.onnx_models
print(seen, "torch" in sys.modules)
"""


def made(path: Path, device: str) -> OnnxDetector:
    file = Toy().write(path / "toy.onnx")
    return OnnxDetector.create(["a"], path=file, names=["a", "b", "c"], device=device)


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_names_the_extra(package: str) -> None:
    said = _python(_BLOCK.format(name=package))
    assert said == ("onnx needs the optional dependencies [onnx]: pip install 'labelnext[onnx]'\n")


def test_telemetry_is_off_before_the_import_and_torch_is_not_needed() -> None:
    assert _python(_WATCH) == "['1'] False\n"


def test_a_device_that_is_not_there(tmp_path: Path) -> None:
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("there is one")
    for call in (OnnxDetector.runtime, lambda device: made(tmp_path, device)):
        with pytest.raises(ArgumentError, match="onnxruntime-gpu"):
            call(device="cuda")  # type: ignore[operator]
        with pytest.raises(ArgumentError, match="auto, cpu or cuda"):
            call(device="tpu")  # type: ignore[operator]


def test_the_page_names_every_argument_with_its_default() -> None:
    page = (Path(__file__).parents[2] / "docs" / "detectors" / "onnx.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    for field in fields(Arguments):
        row = next((row for row in rows if f"`{field.name}`" in row.split("|")[1]), None)
        assert row is not None, field.name
        if field.default is not None:
            assert str(field.default).lower() in row.split("|")[2], field.name
