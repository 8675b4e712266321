import io
from pathlib import Path

import numpy as np
from PIL import Image

from labelnext.report import gallery
from labelnext.report.sheet import contact_sheet
from tests.report.studies import frame, picture, study


def sheet(frames) -> Image.Image:
    return Image.open(
        io.BytesIO(contact_sheet("A $title$", gallery.cards(study({}), frames, room=10**7)))
    )


def test_a_sheet_grows_by_a_row_every_second_frame(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    sizes = [sheet([frame(path, rank=r) for r in range(1, n + 1)]).size for n in (1, 2, 3, 4)]
    assert len({width for width, _ in sizes}) == 1
    heights = [height for _, height in sizes]
    assert heights[0] == heights[1] < heights[2] == heights[3]


def test_boxes_are_drawn_on_the_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (60, 40), (30, 30, 30)).save(path)
    drawn = np.asarray(sheet([frame(path)])).reshape(-1, 3)
    for colour in ((76, 201, 255), (169, 188, 200), (255, 176, 32)):
        assert (drawn == colour).all(axis=1).sum() > 50


def test_broken_frames_and_odd_names_leave_a_sheet(tmp_path: Path) -> None:
    broken = frame(tmp_path / "none.png", pixel_scores=None, key="日本\x00\udc80", score=None)
    assert sheet([broken]).size[1] > 200


def test_the_same_frames_in_any_order_give_the_same_bytes(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    cards = gallery.cards(study({}), [frame(path, rank=r) for r in (1, 2, 3)], room=10**7)
    assert contact_sheet("t", cards) == contact_sheet("t", cards[::-1])
