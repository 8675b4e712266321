"""The adapter on the page of one's own detectors: checked, trained, and shown as it is."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from labelnext.rounds import loop, overview
from tests.docs.examples import ROOT, blocks
from tests.installed import plug_ins
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


@pytest.fixture
def installed(folder, tmp_path):
    """The name that the page's adapter has once its package, as on the page, is installed."""
    (lines,) = blocks(PAGE, "toml")
    ((group, points),) = tomllib.loads(lines)["project"]["entry-points"].items()
    package = tmp_path / "site" / "my_package"
    package.mkdir(parents=True)
    (package / "coloured.py").write_text((folder / "coloured.py").read_text())
    with plug_ins(package.parent, group, points):
        yield next(iter(points))


def test_it_runs_in_a_project_by_its_entry_point(installed, tmp_path):
    shop = project(
        tmp_path / "shop", tmp_path / "data", detector={"name": installed, "stride": 4},
        train={"epochs": 5},
    )  # fmt: skip
    with overview.opened(shop, writing=True) as opened:
        loop.run(opened, 2)
        assert opened.ledger.step(2, "train").details["images"] == 6
        assert opened.ledger.step(2, "evaluate").details["images"] == 6
    assert Path(ROOT / "docs" / PAGE).exists()
