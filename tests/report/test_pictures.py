import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelnext.report import pictures
from labelnext.report.pictures import Scale
from tests.report.studies import frame, picture

SCALE = Scale(0.0, 2.0)


def test_a_wide_image_is_scaled_down_and_a_small_one_left_alone(tmp_path: Path) -> None:
    wide = pictures.pictures(frame(picture(tmp_path / "a.png", (300, 200))), SCALE, width=150)
    assert wide.image is not None
    assert wide.image.shape == (100, 150, 3)
    assert wide.size == (200, 300)
    small = picture(tmp_path / "b.png", (60, 40))
    shown = pictures.pictures(frame(small), SCALE, width=150)
    assert shown.image is not None
    assert (shown.image == np.asarray(Image.open(small))).all()
    assert shown.problem == ""


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_other_kinds_of_pixels_become_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.new(mode, (30, 20)).save(path)
    shown = pictures.pictures(frame(path), SCALE, width=100)
    assert shown.image is not None
    assert shown.image.shape == (20, 30, 3)


def test_a_broken_file_becomes_a_reason_and_keeps_its_scores(tmp_path: Path) -> None:
    whole = picture(tmp_path / "a.jpg", (200, 150))
    cut, text = tmp_path / "cut.jpg", tmp_path / "text.jpg"
    cut.write_bytes(whole.read_bytes()[:900])
    text.write_text("no image")
    reasons = {}
    for path in (cut, text, tmp_path / "none.jpg", tmp_path):
        shown = pictures.pictures(frame(path), SCALE, width=100)
        assert shown.image is None
        assert shown.heat is not None
        assert str(tmp_path) not in shown.problem
        reasons[path.name] = shown.problem
    assert "truncated" in reasons["cut.jpg"]
    assert reasons["text.jpg"] == "the file is not an image that can be read"
    assert "No such file" in reasons["none.jpg"]
    assert "directory" in reasons[tmp_path.name]


def test_broken_scores_become_a_reason(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png")
    bad = np.array([[0, np.nan]], np.float32)
    for scores, reason in (
        (None, "this pick was made without any"),
        (np.zeros((0, 4), np.float32), "they are empty"),
        (bad, "they hold NaN or infinity"),
        (np.full((2, 2), np.inf, np.float32), "they hold NaN or infinity"),
    ):
        shown = pictures.pictures(frame(path, pixel_scores=scores), SCALE, width=100)
        assert shown.heat is None
        assert shown.heat_problem == reason
        assert shown.image is not None


def test_the_overlay_is_brightest_where_scores_are_highest() -> None:
    scores = np.zeros((40, 60), np.float32)
    scores[10:20, 20:30] = 2.0
    ground = np.full((40, 60), 90, np.uint8)
    drawn = pictures.overlay(scores, ground, SCALE).astype(int).sum(axis=2)
    assert drawn[12:18, 22:28].min() > drawn[25:, 35:].max() + 100
    assert np.unique(drawn[25:, 35:]).size == 1


def test_brightness_rises_with_the_score() -> None:
    scores = np.linspace(0, 2, 64, dtype=np.float32)[None].repeat(4, axis=0)
    drawn = pictures.overlay(scores, np.zeros((4, 64), np.uint8), SCALE)
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(drawn[0] @ weights) > -1).all()
    assert drawn[0, -1] @ weights > drawn[0, 0] @ weights + 150


def test_scores_of_another_size_are_laid_over_the_whole_image() -> None:
    scores = np.array([[0, 2], [0, 2]], np.float32)
    drawn = pictures.overlay(scores, np.zeros((20, 40), np.uint8), SCALE).astype(int).sum(axis=2)
    assert drawn.shape == (20, 40)
    assert drawn[:, 35:].min() > drawn[:, :5].max()


def test_one_scale_covers_all_usable_frames_and_starts_at_zero() -> None:
    path = Path("x.png")
    frames = [
        frame(path, pixel_scores=np.array([[0.5, 1.0]], np.float32)),
        frame(path, pixel_scores=np.array([[0.2, 3.0]], np.float32)),
        frame(path, pixel_scores=np.array([[-np.inf, np.inf]], np.float32)),
        frame(path, pixel_scores=None),
    ]
    assert pictures.scale_of(frames) == (0.0, 3.0)
    negative = frame(path, pixel_scores=np.array([[-2.0, -1.0]], np.float32))
    assert pictures.scale_of([negative]) == (-2.0, -1.0)
    assert pictures.scale_of([frame(path, pixel_scores=np.zeros((2, 2), np.float32))]) == (0.0, 1.0)
    assert pictures.scale_of([]) == (0.0, 1.0)


def test_jpeg_is_the_same_bytes_each_time_and_near_the_pixels() -> None:
    pixels = np.full((32, 48, 3), (200, 40, 90), np.uint8)
    data = pictures.jpeg(pixels)
    assert data == pictures.jpeg(pixels)
    back = np.asarray(Image.open(io.BytesIO(data)), int)
    assert np.abs(back - pixels).max() < 12


def test_the_gradient_runs_from_grey_to_bright() -> None:
    colours = pictures.gradient(5)
    assert len(colours) == 5
    assert all(len(c) == 7 and c[0] == "#" for c in colours)
    brightness = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in colours]
    assert brightness[-1] > brightness[1]
