import pytest

from labelnext.report import sections, summary
from tests.report.studies import Page, metrics, result, runs, study


def page(made) -> Page:
    return Page(sections.before_frames(made, (None, None, None)) + sections.after_frames(made))


def test_the_table_holds_the_numbers_of_the_study() -> None:
    made = study(
        {"a": runs(0.4, 3), "random": runs(0.6, 3)}, references={"whole pool": (metrics(0.3),)}
    )
    head, *rows = page(made).table("To whole pool: ")
    assert tuple(head) == summary.COLUMNS
    expected = [summary.cells(r) for r in summary.table(made)]
    cycle = ""
    for shown, cells in zip(rows, expected, strict=True):
        if len(shown) == len(cells):  # the first row of a cycle names it for all
            cycle = shown.pop(0)
        assert (cycle, *shown) == cells


def test_comparisons_show_difference_interval_p_and_outcome() -> None:
    made = study({"a": runs(0.4, 3, step=0.02), "random": runs(0.6, 3)})
    *_, row = page(made).table("Difference in miss rate at FPPI 1 by paired seed")
    assert row[:2] == ["a", "−0.190"]
    assert row[3:5] == ["0.25", "lower, not proven"]
    assert row[5] == "−0.142"
    low, high = row[2].split(" to ")
    assert low <= "−0.200"
    assert high >= "−0.180"


def test_one_seed_shows_differences_without_interval_or_p() -> None:
    made = study({"a": runs(0.4, 1), "random": runs(0.6, 1)})
    *_, row = page(made).table("Difference in miss rate")
    assert row[1:5] == ["−0.200", "–", "–", "no difference shown"]


def test_hundreds_of_cycles_are_listed_evenly_with_a_note() -> None:
    results = tuple(result(f"arm {i}", 1, c, None) for i in range(12) for c in range(301))
    shown = page(study({}, results=results))
    table = shown.table("33 of 301 cycles are listed")
    assert len(table) == 1 + 33 * 12
    cycles = [row[0] for row in table[1:] if len(row) == len(summary.COLUMNS)]
    assert (cycles[0], cycles[-1]) == ("0", "300")


def test_times_are_means_a_cycle_and_totals() -> None:
    made = study({"a": [[0.8, 0.5, 0.4]], "b": [[0.8, 0.6]]})
    head, a, b = page(made).table("Wall time of a step")
    assert head == ["arm", "score", "train", "in all"]
    assert a == ["a", "2.0 s", "1 min 00 s", "3 min 06 s"]
    assert b == ["b", "2.0 s", "30.0 s", "1 min 04 s"]
    assert "4 min 10 s for the whole study" in page(made).text


def test_settings_command_and_hardware_are_shown_in_full() -> None:
    shown = page(study({"a": runs(0.5, 1)}, command="labelnext run \\\n  --b '<5>'"))
    assert shown.table("Every setting") == [
        ["budget", "10"],
        ["train.epochs", "3"],
        ["train.lr", "0.1, 0.01"],
        ["mirror", "none"],
    ]
    assert "labelnext run \\\n  --b '<5>'" in shown.text
    assert "2 cores\nPython 3.11" in shown.text


def test_an_interrupted_study_carries_a_warning() -> None:
    shown = page(study({"a": runs(0.5, 3), "b": runs(0.5, 2)}))
    assert shown.text.count("Partial: arm b has 2 of 3 seeds") == 1
    assert [d for d in shown.all("div") if d.get("role") == "note"]


@pytest.mark.parametrize("rates", [{}, {"a": [[None, None]]}, {"a": [[None]]}])
def test_without_figures_each_part_says_so(rates: dict) -> None:
    shown = page(study(rates))
    assert shown.text.count("Nothing was measured") == 2
    assert "No image has been labelled yet" in shown.text
    assert ("No cycle has finished." in shown.text) == (rates == {})


def test_every_table_has_caption_and_headings_and_every_svg_is_labelled_or_hidden() -> None:
    shown = page(study({"a": runs(0.4, 2), "random": runs(0.6, 2)}))
    assert len(shown.tables) == len(shown.captions) == 4
    assert all(shown.captions)
    assert all(h.get("scope") for h in shown.all("th"))
    assert all(s.get("aria-hidden") or s.get("aria-label") for s in shown.all("svg"))


def test_subtitle_counts_what_there_is() -> None:
    words = Page(sections.subtitle(study({"a": runs(0.4, 2)}))).text
    assert words == (
        "1 arm · 2 seeds · 2 cycles · pool of 100 images with 250 objects · test set of 40 images "
        "with 90 objects · classes: person"
    )
