"""What is asked for, and whether the data are there."""

import pytest

from labelnext.audit.paper import asked, figure
from labelnext.audit.paper.asked import check_data
from labelnext.errors import LabelnextError
from labelnext.rounds.setup import configure, set_up
from tests.rounds.scenes import draw, project


def test_numbers_rise_and_come_once():
    assert asked(["8", "4", "8"]).numbers == (4, 8)


def test_all_is_every_figure_and_the_table():
    found = asked(["all"])
    assert (found.numbers, found.table) == (tuple(range(4, 13)), True)
    assert asked(["5"]).table is False
    assert asked([], table=True).numbers == ()


@pytest.mark.parametrize("texts", [["3"], ["13"], ["five"], ["5", "05"]])
def test_no_other_figure(texts):
    with pytest.raises(LabelnextError, match="There is no figure"):
        asked(texts)


def test_nothing_is_refused():
    with pytest.raises(LabelnextError, match="Nothing is asked for"):
        asked([])


def check(path, *numbers, **more):
    figures = [figure(number, budget=2) for number in numbers if number != 4]
    check_data(asked([str(number) for number in numbers], **more), figures, path)


def test_the_first_of_the_paper_s_times_needs_no_data(tmp_path):
    check(tmp_path / "none", 4)
    with pytest.raises(LabelnextError, match="needs a pool to measure on"):
        check(tmp_path / "none", 4, measured=True)
    with pytest.raises(LabelnextError, match="needs data to count"):
        check(tmp_path / "none", table=True)


def test_runs_need_labels_a_labelled_pool_and_a_test_set(tmp_path):
    with pytest.raises(LabelnextError, match=r"--labels\), a labelled pool \(--pool\) and a test"):
        check(tmp_path / "none", 5)
    draw(tmp_path / "pool", 3, seed=1)
    sources = {"pool": [f"images:{tmp_path / 'pool'}/*.png"]}
    set_up(tmp_path / "p", configure({}), sources)
    with pytest.raises(LabelnextError, match="a labelled pool"):
        check(tmp_path / "p" / ".labelnext" / "index.sqlite", 7)


def test_instances_need_no_test_set(tmp_path):
    sources = {
        role: [f"coco:{draw(tmp_path / role, 3, seed=seed)}"]
        for role, seed in (("initial", 1), ("pool", 2))
    }
    set_up(tmp_path / "p", configure({}), sources)
    path = tmp_path / "p" / ".labelnext" / "index.sqlite"
    check(path, 7)
    with pytest.raises(LabelnextError, match="needs a test set"):
        check(path, 7, 12)


def test_with_everything_there_nothing_is_refused(tmp_path):
    path = project(tmp_path / "p", tmp_path / "data") / ".labelnext" / "index.sqlite"
    check(path, *range(4, 13), table=True, measured=True)
