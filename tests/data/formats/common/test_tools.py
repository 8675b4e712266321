"""What the formats of labelling tools share: boxes around shapes, counts, checks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelnext.data.formats.common import tools
from labelnext.errors import ArgumentError, DataError
from labelnext.types import Detections, GroundTruth, ImageRecord, Sample

SIDES = st.floats(-50, 50)
ANGLES = st.floats(-400, 400)


@given(SIDES, SIDES, SIDES, SIDES, ANGLES, SIDES, SIDES)
def test_a_turned_box(
    x: float, y: float, w: float, h: float, degrees: float, px: float, py: float
) -> None:
    """Corner by corner, by complex numbers."""
    turn = np.exp(1j * np.deg2rad(degrees))
    corners = [complex(x + i * w, y + j * h) for i in (0, 1) for j in (0, 1)]
    moved = [complex(px, py) + (corner - complex(px, py)) * turn for corner in corners]
    wanted = [
        min(c.real for c in moved), min(c.imag for c in moved),
        max(c.real for c in moved), max(c.imag for c in moved),
    ]  # fmt: skip
    if degrees % 360 or (w >= 0 and h >= 0):
        found = tools.turned([x, y, x + w, y + h], degrees, (px, py))
        np.testing.assert_allclose(found, wanted, atol=1e-9)


@given(SIDES, SIDES, st.floats(0, 50), st.floats(0, 50), ANGLES)
def test_a_turned_ellipse(x: float, y: float, a: float, b: float, degrees: float) -> None:
    """Against many points of its rim."""
    angles = np.linspace(0, 2 * np.pi, 20_001)
    turn = np.exp(1j * np.deg2rad(degrees))
    rim = complex(x, y) + (a * np.cos(angles) + 1j * b * np.sin(angles)) * turn
    wanted = [rim.real.min(), rim.imag.min(), rim.real.max(), rim.imag.max()]
    np.testing.assert_allclose(tools.ellipse((x, y), (a, b), degrees), wanted, atol=1e-5)


def test_a_box_that_is_not_turned_stays_to_the_last_digit() -> None:
    box = [0.1, 0.2, 0.30000000000000004, 0.7]
    assert tools.turned(box, 0, (5, 5)) == tools.turned(box, -720, (5, 5)) == box


def test_notes_of_a_tally() -> None:
    tally = tools.Tally()
    assert tally.notes() == []
    tally.enclosed("polygons")
    tally.left_out("tags", 1200)
    tally.made_by_model(taken=False)
    assert tally.notes() == [
        "1 labels are marked as made by a model: left out",
        "1 polygons: read as enclosing boxes",
        "1,200 tags: left out",
    ]


def test_places_of_names() -> None:
    places = tools.Places(["b", "a", "b"])
    assert [places.add(name) for name in ("a", "c", "b", "c")] == [1, 2, 0, 2]
    assert places.names() == ("b", "a", "c")


@pytest.mark.usefixtures("unchecked")
def test_folders_that_the_user_names(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    file = tmp_path / "labels.json"
    assert tools.chosen_folder(file, None, option="images") is None
    for given_name in ("x", str(tmp_path / "x")):
        for location in (file, tmp_path):
            found = tools.chosen_folder(location, given_name, option="images")
            assert found == tmp_path / "x"
    with pytest.raises(DataError, match="y: is no folder, although the option 'images' names it"):
        tools.chosen_folder(file, "y", option="images")
    for wrong in (3, " ", "a\0"):
        with pytest.raises(ArgumentError, match="'images' argument"):
            tools.chosen_folder(file, wrong, option="images")  # type: ignore[arg-type]


def test_what_writers_check() -> None:
    record = ImageRecord("a.jpg", "a.jpg", 9, 9)
    assert len(tools.checked("x", Sample(record), [])) == 0
    truth = GroundTruth.from_boxes([[0, 0, 1, 1]], [-1])
    with pytest.raises(ArgumentError, match=r"x\.write must be of classes 0 to 0\. Got classes -1"):
        tools.checked("x", Sample(record, truth), ["a"])
    boxes = Detections(
        np.zeros((1, 4), np.float32), np.array([np.nan], np.float32), np.zeros(1, np.int64)
    )
    with pytest.raises(ArgumentError, match="'predictions' argument"):
        tools.checked_predictions("x", boxes, ["a"])
    assert tools.checked_predictions("x", None, []) is None


def test_text_for_xml(tmp_path: Path) -> None:
    for text in ("a b", "\t\n\r", "é😀", ""):
        assert tools.xml_text(tmp_path, text) == text
    for text in ("\0", "\x0b", "\ufffe", "\ud800"):
        with pytest.raises(DataError, match="XML has no such characters"):
            tools.xml_text(tmp_path, text)
