"""Figures are written as pictures and as the numbers in them."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from labelnext.audit.paper import PAPER, figure, times
from labelnext.errors import LabelnextError
from labelnext.report.paper import write_counts, write_figure, write_times
from labelnext.report.paper.draw import panels, percent
from labelnext.report.paper.points import points
from labelnext.report.style import PRINT
from tests.report.paper.made import study_of


def read(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def words(svg):
    return ["".join(e.itertext()) for e in ET.fromstring(svg).iter() if e.tag.endswith("}text")]


@pytest.mark.parametrize("number", range(5, 13))
def test_a_figure_is_a_png_an_svg_and_a_csv(number, tmp_path):
    wanted = figure(number, budget=500)
    study = study_of(wanted)
    tables, files = write_figure(wanted, study, tmp_path / "paper", cycles=14)
    assert [file.name for file in files] == [f"figure-{number}.{s}" for s in ("png", "svg", "csv")]
    assert Image.open(files[0]).size[0] > 700
    shown = words(files[1].read_text(encoding="utf-8"))
    for panel in wanted.panels:
        assert panel.title in shown
    assert len(read(files[2])) > 0
    for table in tables:
        assert all(len(row) == len(table.heads) for row in table.rows)
    before = [file.read_bytes() for file in files]
    write_figure(wanted, study, tmp_path / "paper", cycles=14)
    assert [file.read_bytes() for file in files] == before


def test_the_csv_holds_what_is_drawn(tmp_path):
    wanted = figure(5, budget=500)
    study = study_of(wanted)
    _, files = write_figure(wanted, study, tmp_path, cycles=14)
    rows = read(files[2])
    drawn = panels(points(wanted, study, cycles=14), PRINT)
    for axis, panel in zip(drawn.axes, wanted.panels, strict=True):
        mine = [row for row in rows if row["panel"] == panel.title]
        lines = [line for line in axis.get_lines() if not line.get_label().startswith("_")]
        told = [float(row["mean"]) for row in mine]
        np.testing.assert_allclose(told, np.concatenate([line.get_ydata() for line in lines]))
    whole = [row for row in rows if row["line"] == "whole pool"]
    assert {row["cycle"] for row in whole} == {""}
    assert {float(row["share_of_pool"]) for row in whole} == {1.0}


def test_the_legend_says_what_share_is_labelled_and_the_whole_pool_is_black(tmp_path):
    wanted = figure(5, budget=500)
    drawn = panels(points(wanted, study_of(wanted), cycles=14), PRINT)
    left = drawn.axes[0]
    labels = [text.get_text() for text in left.get_legend().get_texts()]
    assert labels == [
        "cycle 1 (N = 1 %)", "cycle 4 (N = 4 %)", "cycle 14 (N = 14 %)", "whole pool (N = 100 %)"
    ]  # fmt: skip
    assert left.get_lines()[3].get_color() == PRINT.ink


def test_the_numbers_in_short_compare_with_guided_random():
    wanted = figure(7, budget=500)
    from labelnext.report.paper.tables import summaries

    (table,) = summaries(points(wanted, study_of(wanted), cycles=14))
    assert [row[0] for row in table.rows][-1] == "guided random"
    assert {row[3] for row in table.rows} == {"1.00"}


def test_nothing_measured_is_no_figure(tmp_path):
    wanted = figure(12, budget=500)
    empty = study_of(wanted, results=())
    with pytest.raises(LabelnextError, match="nothing to show"):
        write_figure(wanted, empty, tmp_path, cycles=14)
    assert not list(tmp_path.iterdir())


def test_figure_4_prints_the_paper_s_times(tmp_path):
    (table,), files = write_times(times(), tmp_path)
    at = table.heads.index("B = 7,500")
    hours = {row[0]: row[at] for row in table.rows}
    assert (hours["2,500"], hours["500"], hours["50"]) == ("46.8", "190", "1,801")
    rows = read(files[2])
    assert len(rows) == 7 * 5
    one = next(r for r in rows if (r["images_a_cycle"], r["images_in_all"]) == ("500", "7500"))
    assert float(one["hours"]) == pytest.approx(190, rel=0.01)


def test_table_1_stands_beside_the_paper_s(tmp_path):
    (table,), files = write_counts(PAPER[:1], tmp_path)
    assert table.heads[1:3] == ("CityPersons", "CityPersons (paper)")
    assert all(row[1] == row[2] for row in table.rows)
    assert files[1].read_text(encoding="utf-8").startswith("|  | CityPersons | CityPersons (paper)")


@pytest.mark.parametrize(
    ("share", "shown"), [(0.01, "1 %"), (0.00973, "0.97 %"), (0.1363, "13.6 %"), (1.0, "100 %")]
)
def test_shares_read_as_in_the_paper(share, shown):
    assert percent(share) == shown
