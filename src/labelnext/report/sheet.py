"""Contact sheets: the shown frames of one arm and cycle as a PNG."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from labelnext.report.gallery import MOST_BOXES, Card
from labelnext.wording import plain, significant

_CELL, _GAP, _COLUMNS = 300, 10, 2
_TEXT = 34
_TRUTH, _IGNORED, _FOUND = (76, 201, 255), (169, 188, 200), (255, 176, 32)


def contact_sheet(title: str, cards: Sequence[Card]) -> bytes:
    """A PNG of frames beside their pixel scores, two frames a row, best-ranked first.

    Args:
        title: Heading.
        cards: At least one.
    """
    ordered = sorted(cards, key=lambda c: (c.frame.rank, c.frame.seed, c.frame.key))
    tall = max(_height(c) for c in ordered)
    rows = -(-len(ordered) // _COLUMNS)
    columns = min(len(ordered), _COLUMNS)
    across = 2 * _CELL + 3 * _GAP
    size = (max(columns, 2) * across + _GAP, 30 + rows * (tall + _TEXT + _GAP) + _GAP)
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    draw.text((_GAP, 8), plain(title, limit=70), fill="#1b1f24", font=_font(14))
    key = "blue: ground truth, grey: ignored, orange: detections"
    draw.text((size[0] - _GAP, 16), key, fill="#57606a", font=_font(11), anchor="rm")
    for i, card in enumerate(ordered):
        left = _GAP + (i % _COLUMNS) * across
        top = 34 + (i // _COLUMNS) * (tall + _TEXT + _GAP)
        sheet.paste(_photo(card), (left, top))
        sheet.paste(_scores(card), (left + _CELL + _GAP, top))
        score = "no score" if card.frame.score is None else f"score {significant(card.frame.score)}"
        words = f"rank {card.frame.rank}, {score}, seed {card.frame.seed}"
        draw.text((left, top + tall + 2), words, fill="#1b1f24", font=_font(12))
        name = plain(card.frame.key, limit=84)
        draw.text((left, top + tall + 17), name, fill="#57606a", font=_font(11))
    out = io.BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def _height(card: Card) -> int:
    if card.shown.size is None:
        return _CELL * 3 // 4
    height, width = card.shown.size
    return max(1, min(_CELL * 2, round(height * _CELL / width)))


def _photo(card: Card) -> Image.Image:
    size = (_CELL, _height(card))
    if card.shown.image is None or card.shown.size is None:
        return _placeholder(size, f"No image: {card.shown.problem}.")
    picture = Image.fromarray(card.shown.image).resize(size, Image.Resampling.LANCZOS)
    draw = ImageDraw.Draw(picture)
    zoom = np.array([size[0] / card.shown.size[1], size[1] / card.shown.size[0]] * 2)
    if card.frame.truth is not None:
        for box, ignore in zip(card.frame.truth.xyxy, card.frame.truth.ignore, strict=True):
            _box(draw, box * zoom, _IGNORED if ignore else _TRUTH)
    if card.frame.detections is not None:
        best = np.argsort(-card.frame.detections.scores, kind="stable")[:MOST_BOXES]
        for box in card.frame.detections.xyxy[best]:
            _box(draw, box * zoom, _FOUND)
    return picture


def _scores(card: Card) -> Image.Image:
    size = (_CELL, _height(card))
    if card.shown.heat is None:
        return _placeholder(size, f"No pixel scores: {card.shown.heat_problem}.")
    return Image.fromarray(card.shown.heat).resize(size, Image.Resampling.LANCZOS)


def _box(draw: ImageDraw.ImageDraw, box: np.ndarray, colour: tuple[int, int, int]) -> None:
    if not np.isfinite(box).all():
        return
    x1, y1, x2, y2 = (round(float(v)) for v in box)
    x2, y2 = max(x1, x2), max(y1, y2)
    draw.rectangle((x1 - 1, y1 - 1, x2 + 1, y2 + 1), outline=(0, 0, 0))
    draw.rectangle((x1, y1, x2, y2), outline=colour)


def _placeholder(size: tuple[int, int], words: str) -> Image.Image:
    cell = Image.new("RGB", size, "#e3e6ea")
    draw, line, top = ImageDraw.Draw(cell), "", 10
    for word in [*plain(words, limit=160).split(), ""]:
        if not word or draw.textlength(f"{line} {word}", font=_font(12)) > size[0] - 20:
            draw.text((10, top), line, fill="#57606a", font=_font(12))
            line, top = word, top + 16
        else:
            line = f"{line} {word}".strip()
    return cell


@cache
def _font(size: int) -> Any:
    """matplotlib brings a font with more letters than Pillow's own."""
    import matplotlib as mpl

    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), size)
