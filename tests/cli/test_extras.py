"""Without an extra: one line that names it, and doctor says which detectors can be used."""

import subprocess
import sys

import pytest

EXTRAS = {
    "fire-fpn": ("torch", "torch"), "onnx": ("onnx", "onnxruntime"),
    "torchvision": ("torch", "torchvision"), "transformers": ("hf", "transformers"),
}  # fmt: skip


def without(modules, *words):
    """The command in a process in which these modules cannot be imported."""
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({list(modules)!r}))\n"
        f"sys.argv = ['labelnext', *{list(map(str, words))!r}]\n"
        "from labelnext.cli import main\nmain()\n"
    )
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )  # fmt: skip


@pytest.mark.parametrize("detector", EXTRAS)
def test_a_project_on_a_detector_whose_extra_is_missing(tmp_path, detector):
    extra, module = EXTRAS[detector]
    done = without([module], "init", tmp_path / "shop", "--detector", detector)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {detector}")
    assert done.stderr.endswith(
        f" needs the optional dependencies [{extra}]: pip install 'labelnext[{extra}]'\n"
    )
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "shop").exists()


def test_a_project_on_a_detector_that_there_is_not(tmp_path):
    done = without([], "init", tmp_path / "shop", "--detector", "yolo")
    assert done.returncode == 1
    assert done.stderr.startswith("error: There is no detector called 'yolo'. Known: fire-fpn, ")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "shop").exists()


def test_doctor_says_which_detectors_can_be_used(tmp_path):
    done = without([], "init", tmp_path / "shop", "--detector", "none", "--strategy", "random")
    assert done.returncode == 0, done.stderr
    blocked = {module for _, module in EXTRAS.values()}
    done = without(blocked, "doctor", "-C", tmp_path / "shop", "--no-measure")
    assert done.returncode == 0, done.stdout
    (line,) = [text for text in done.stdout.splitlines() if text.startswith("  detectors")]
    usable, missing = line.split("; not installed: ")
    assert usable.split()[1:] == ["none,", "predictions-file"]
    for name, (extra, _) in EXTRAS.items():
        assert f"{name} (pip install 'labelnext[{extra}]')" in missing
    chosen = without(blocked, "doctor", "--no-measure")
    assert chosen.returncode == 1, "the default detector needs torch"
    assert "! fire-fpn" in chosen.stdout


@pytest.mark.parametrize(("detector", "module"), [(d, m) for d, (_, m) in EXTRAS.items()])
def test_making_a_project_does_not_wait_for_heavy_packages(tmp_path, detector, module):
    code = (
        "import sys\nfrom labelnext.rounds import setup\n"
        f"setup.configure({{'detector': {{'name': {detector!r}}}}})\n"
        f"sys.exit({module!r} in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
