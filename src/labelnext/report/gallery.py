"""The picked frames on the page: image with boxes, pixel scores beside it, and the reason."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelnext.report.pictures import Pictures, Scale, gradient, jpeg, pictures, scale_of
from labelnext.report.text import escape
from labelnext.rounds.results import PickedFrame, Study
from labelnext.wording import plural, significant

MOST_BOXES = 40
_LABELS = 12  # detections that carry their score as text


@dataclass(frozen=True, slots=True)
class Card:
    """One frame ready to place."""

    frame: PickedFrame
    shown: Pictures
    html: str


def cards(study: Study, chosen: Sequence[PickedFrame], *, room: int) -> list[Card]:
    """Cards for the chosen frames, in their order, until `room` bytes of HTML are used up."""
    width = 720 if len(chosen) <= 24 else 560 if len(chosen) <= 48 else 440
    scales = scales_of(chosen)
    made: list[Card] = []
    for frame in chosen:
        shown = pictures(frame, scales[frame.arm], width=width)
        html = _card(study, frame, shown, scales[frame.arm])
        room -= len(html.encode())
        if room < 0:
            break
        made.append(Card(frame, shown, html))
    return made


def scales_of(frames: Sequence[PickedFrame]) -> dict[str, Scale]:
    """One colour scale an arm, since the arms' scores have different units."""
    return {a: scale_of([f for f in frames if f.arm == a]) for a in {f.arm for f in frames}}


def section(study: Study, made: Sequence[Card], arms: Sequence[str]) -> str:
    """The cards grouped by cycle and arm, with the legend and what was left out."""
    if not study.frames:
        return "<p>No picked frames were kept to be shown.</p>"
    parts = [_legend(len(study.frames) - len(made), len(study.frames))]
    cycles = sorted({c.frame.cycle for c in made})
    for cycle in cycles:
        inside = []
        for arm in (*arms, *sorted({c.frame.arm for c in made} - set(arms))):
            mine = [c for c in made if (c.frame.cycle, c.frame.arm) == (cycle, arm)]
            if mine:
                mine.sort(key=lambda c: (c.frame.rank, c.frame.seed, c.frame.key))
                inside.append(f"<h4>{escape(arm, limit=80)}</h4>")
                inside.extend(c.html for c in mine)
        opened = " open" if cycle in (cycles[0], cycles[-1]) else ""
        n = sum(c.frame.cycle == cycle for c in made)
        parts.append(
            f"<details{opened}><summary><h3>Cycle {cycle}</h3> <span>{plural(n, 'frame')}</span>"
            f"</summary>{''.join(inside)}</details>"
        )
    return "\n".join(parts)


def stylesheet() -> str:
    """The colour scale as a CSS gradient."""
    return f".scale i{{background:linear-gradient(90deg,{','.join(gradient())})}}"


def _legend(omitted: int, total: int) -> str:
    left_out = (
        f"<p>{omitted:,} of {total:,} picked frames are left out to keep this page small; each arm "
        "and cycle shows its best-ranked ones.</p>"
        if omitted
        else ""
    )
    return (
        '<ul class="legend"><li><svg class="key" viewBox="0 0 26 14" aria-hidden="true">'
        '<rect class="truth" x="2" y="2" width="22" height="10"/></svg> ground truth (solid)</li>'
        '<li><svg class="key" viewBox="0 0 26 14" aria-hidden="true"><rect class="ignored" x="2" '
        'y="2" width="22" height="10"/></svg> ignore region (dotted)</li>'
        '<li><svg class="key" viewBox="0 0 26 14" aria-hidden="true"><rect class="found" x="2" '
        'y="2" width="22" height="10"/></svg> detection with its score (dashed; the fainter, the '
        "lower)</li></ul><p>Pixel scores lie over the image, on one scale for each arm: arms score "
        f"in different units.</p>{left_out}"
    )


def _card(study: Study, frame: PickedFrame, shown: Pictures, scale: Scale) -> str:
    place = [f"rank {frame.rank}"]
    place += [f"score {significant(frame.score)}"] if frame.score is not None else ["no score"]
    where = [f'<span class="name">{escape(frame.key, limit=120)}</span>']
    if frame.video is not None:
        where.append(f'video <span class="name">{escape(frame.video, limit=80)}</span>')
    if frame.frame is not None:
        where.append(f"frame {frame.frame}")
    arm = f'<span class="name">{escape(frame.arm, limit=80)}</span>'
    return (
        f'<figure class="card"><div class="pair">{_photo(study, frame, shown)}'
        f"{_heat(frame, shown, scale)}</div><figcaption><b>{' · '.join(place)}</b>"
        f'<p class="reason">{escape(frame.reason, limit=400)}</p>'
        f"<p>{', '.join(where)}</p><p>{arm}, cycle {frame.cycle}, seed {frame.seed}{_boxes(frame)}"
        "</p></figcaption></figure>"
    )


def _photo(study: Study, frame: PickedFrame, shown: Pictures) -> str:
    if shown.image is None or shown.size is None:
        return _placeholder(f"No image: {shown.problem}.")
    height, width = shown.size
    alt = f"{escape(frame.key, limit=120)}{_boxes(frame)}"
    boxes = _truth(frame) + _found(study, frame, width)
    return (
        f'<div class="pic">{_img(shown.image, alt)}<svg viewBox="0 0 {width} {height}" '
        f'preserveAspectRatio="none" aria-hidden="true">{boxes}</svg></div>'
    )


def _heat(frame: PickedFrame, shown: Pictures, scale: Scale) -> str:
    if shown.heat is None or frame.pixel_scores is None:
        return _placeholder(f"No pixel scores: {shown.heat_problem}.")
    peak = float(frame.pixel_scores.max())
    alt = f"pixel scores of {escape(frame.key, limit=120)}, highest {significant(peak)}"
    low, high = (significant(end, 2) for end in scale)
    return (
        f'<div><div class="pic">{_img(shown.heat, alt)}</div><div class="scale"><span>{low}</span>'
        f"<i></i><span>{high}</span></div></div>"
    )


def _img(picture: np.ndarray, alt: str) -> str:
    data = b64encode(jpeg(picture)).decode()
    height, width = picture.shape[:2]
    return (
        f'<img alt="{alt}" width="{width}" height="{height}" src="data:image/jpeg;base64,{data}">'
    )


def _placeholder(words: str) -> str:
    return f'<div class="pic none"><p>{escape(words, limit=300)}</p></div>'


def _boxes(frame: PickedFrame) -> str:
    parts = []
    if frame.truth is not None:
        parts.append(plural(int((~frame.truth.ignore).sum()), "labelled object"))
    if frame.detections is not None:
        n = len(frame.detections)
        most = f", the best {MOST_BOXES} drawn" if n > MOST_BOXES else ""
        parts.append(f"{plural(n, 'detection')}{most}")
    return f": {', '.join(parts)}" if parts else ""


def _truth(frame: PickedFrame) -> str:
    if frame.truth is None:
        return ""
    drawn = zip(frame.truth.xyxy, frame.truth.ignore, strict=True)
    return "".join(_rect(box, "ignored" if ignore else "truth") for box, ignore in drawn)


def _found(study: Study, frame: PickedFrame, width: int) -> str:
    if frame.detections is None:
        return ""
    found, parts, size = frame.detections, [], width / 38
    for place, i in enumerate(np.argsort(-found.scores, kind="stable")[:MOST_BOXES]):
        score, (x, y, *_) = float(found.scores[i]), (float(v) for v in found.xyxy[i])
        parts.append(_rect(found.xyxy[i], "found", 0.35 + 0.65 * min(max(score, 0.0), 1.0)))
        if place < _LABELS and parts[-1]:
            name = _class(study, int(found.classes[i]))
            parts.append(
                f'<text x="{x:.0f}" y="{max(y - size / 4, size):.0f}" font-size="{size:.1f}">'
                f"{name}{score:.2f}</text>"
            )
    return "".join(parts)


def _class(study: Study, index: int) -> str:
    """The class of a detection, where a study has more than one."""
    if len(study.classes) < 2:
        return ""
    known = 0 <= index < len(study.classes)
    return f"{escape(study.classes[index], limit=24) if known else f'class {index}'} "


def _rect(box: np.ndarray, kind: str, opacity: float = 1.0) -> str:
    if not np.isfinite(box).all():
        return ""
    x1, y1, x2, y2 = (float(v) for v in box)
    shape = f'x="{x1:.1f}" y="{y1:.1f}" width="{max(x2 - x1, 0):.1f}"'
    shape += f' height="{max(y2 - y1, 0):.1f}"'
    return (
        f'<rect class="casing" {shape}/>'
        f'<rect class="{kind}" {shape} stroke-opacity="{opacity:.2f}"/>'
    )
