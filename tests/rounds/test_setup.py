"""A project that would hold nothing is not made."""

import pytest

from labelnext.errors import LabelnextError
from labelnext.rounds import setup
from tests.rounds.scenes import draw

NONE = {"detector": {"name": "none"}, "strategy": {"name": "random"}}


def test_a_first_source_that_is_refused_leaves_nothing(tmp_path):
    config = setup.configure(NONE)
    with pytest.raises(LabelnextError, match=r"nothing\.json"):
        setup.set_up(tmp_path / "p", config, {"pool": [f"coco:{tmp_path / 'nothing.json'}"]})
    assert not (tmp_path / "p").exists()


def test_what_else_lies_in_the_folder_stays(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(LabelnextError):
        setup.set_up(tmp_path, setup.configure(NONE), {"pool": [f"coco:{tmp_path / 'no.json'}"]})
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_sources_before_the_one_at_fault_stay(tmp_path):
    draw(tmp_path / "pool", 3, seed=1)
    sources = [f"coco:{tmp_path / 'pool' / 'instances.json'}", f"coco:{tmp_path / 'no.json'}"]
    config = setup.configure(NONE)
    with pytest.raises(LabelnextError):
        setup.set_up(tmp_path / "p", config, {"pool": sources})
    reports = setup.set_up(tmp_path / "p", config, {"pool": sources[:1]})
    assert [report.present for report in reports] == [3]
