"""A run on a full disk stops with an error, and goes on to the same end when there is space."""

import os
import resource
import subprocess
import sys

import pytest

from tests.rounds.scenes import project, weights

pytest.importorskip("torch", reason="fire-fpn needs torch")


def run(folder, *, largest_file=None):
    def limit():
        if largest_file is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

    return subprocess.run(
        [sys.executable, "-c", "from labelnext.cli import main; main()",
         "run", "-C", str(folder), "--cycles", "1"],
        capture_output=True, text=True, check=False, preexec_fn=limit,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def test_weights_that_do_not_fit(tmp_path):
    whole = project(tmp_path / "whole", tmp_path / "data")
    assert run(whole).returncode == 0
    size = (whole / ".labelnext" / "weights" / "round-0000.safetensors").stat().st_size

    folder = project(tmp_path / "full", tmp_path / "data")
    stopped = run(folder, largest_file=size // 2)
    assert stopped.returncode == 1
    assert stopped.stderr.splitlines()[-1].startswith("error: ")  # progress may come before
    assert "disk is full" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert not list(folder.rglob("*.partial"))

    assert run(folder).returncode == 0
    assert weights(folder) == weights(whole)
