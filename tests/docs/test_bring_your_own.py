"""The adapter on the page of one's own detectors: checked, trained, and shown as it is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from labelnext import plugins
from labelnext.rounds import loop, overview
from tests.docs.examples import ROOT, blocks
from tests.rounds.scenes import project

PAGE = "detectors/bring-your-own.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("own")
    (code,) = blocks(PAGE, "python")
    (made / "coloured.py").write_text(code)
    (made / "rounded.py").write_text(
        code.replace(
            '        padded = np.pad(image, ((0, down), (0, right), (0, 0)), mode="edge") '
            "/ np.float32(255)\n",
            "        padded = image[: height - height % self.stride, : width - width % self.stride]"
            " / np.float32(255)\n",
        )
    )
    return made


def checked(folder, *words):
    """What the command on the page prints, as it is started there."""
    line = next(text for text in blocks(PAGE, "console") if "check-detector" in text)
    given = line.removeprefix("$ labelnext ").split()
    done = subprocess.run(
        [sys.executable, "-m", "labelnext", *(words or given)], cwd=folder, text=True,
        capture_output=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    return done.returncode, done.stdout


def test_the_adapter_passes_and_the_page_shows_what_is_said(folder):
    status, said = checked(folder)
    assert said == blocks(PAGE, "text")[0], said
    assert status == 0


def test_the_page_shows_how_a_fault_is_explained(folder):
    words = "check-detector rounded:Coloured --class person --class dog"
    status, said = checked(folder, *words.split())
    assert status == 1
    faults = [line for line in said.splitlines() if line.startswith("FAILED  maps.cover")]
    assert "\n".join(faults) + "\n" == blocks(PAGE, "text")[1], said


def test_it_runs_in_a_project_by_its_entry_point(folder, tmp_path, monkeypatch):
    (code,) = blocks(PAGE, "python")
    scope = {}
    exec(compile(code, "coloured.py", "exec"), scope)
    (lines,) = blocks(PAGE, "toml")
    name = re.search(r"^(\w+) = ", lines, re.MULTILINE)[1]
    loaded = plugins.load
    monkeypatch.setattr(
        plugins, "load",
        lambda group, wanted: scope["Coloured"] if wanted == name else loaded(group, wanted),
    )  # fmt: skip
    shop = project(
        tmp_path / "shop", tmp_path / "data", detector={"name": name, "stride": 4},
        train={"epochs": 5},
    )  # fmt: skip
    with overview.opened(shop, writing=True) as opened:
        loop.run(opened, 2)
        assert opened.ledger.step(2, "train").details["images"] == 6
        assert opened.ledger.step(2, "evaluate").details["images"] == 6
    assert Path(ROOT / "docs" / PAGE).exists()
