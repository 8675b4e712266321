"""Damaged and hostile files, a thousand of each format: a clear error, or a whole data set."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.data.formats.shared.bases import BASES

ROOT = Path(__file__).parents[3]
COUNT = 1000


@pytest.mark.parametrize("name", BASES)
def test_damaged_files(name: str, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.data.formats.shared.child", name, str(COUNT), str(tmp_path)],
        capture_output=True, text=True, cwd=ROOT, timeout=500,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "OMP_NUM_THREADS": "1",
             "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
    )  # fmt: skip
    current = tmp_path / "current.txt"
    last = current.read_text() if current.exists() else "the undamaged data set"
    assert done.returncode == 0, f"ended at {last}:\n{done.stderr[-3000:]}"
    report = json.loads(done.stdout)
    assert not report["failures"], "\n".join(report["failures"][:20])
    assert report["count"] >= COUNT
    assert report["outcomes"].get("error", 0) + report["outcomes"].get("said", 0) >= COUNT // 5
