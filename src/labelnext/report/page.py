"""The page: one HTML file that needs nothing else, and PNGs beside it."""

from collections.abc import Sequence
from functools import partial as bind
from importlib import resources
from pathlib import Path

from labelnext import __version__
from labelnext.audit.judge.facts import arms, check
from labelnext.audit.judge.judge import judge
from labelnext.audit.judge.stopping import stopping
from labelnext.audit.judge.values import Judgement
from labelnext.errors import ArgumentError
from labelnext.files import write_atomic, write_text
from labelnext.report import sections
from labelnext.report.parts import part
from labelnext.report.text import escape, slugs
from labelnext.rounds.results import Study

PAGE_BYTES = 8_000_000
MOST_FRAMES = 96
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_CONTENTS = (
    ("miss-rate", "Learning curves"),
    ("objects", "Objects"),
    ("curves", "FPPI curves"),
    ("verdicts", "Verdicts in figures"),
    ("table", "Per cycle"),
    ("saving", "Label saving"),
    ("stopping", "Stopping"),
    ("frames", "Picked frames"),
    ("fairness", "Fairness"),
    ("time", "Time"),
    ("settings", "Settings"),
)


def write(study: Study, folder: Path, *, judgement: Judgement | None = None) -> Path:
    """Write `report.html` and its PNGs.

    The page asks for nothing outside itself and runs no script. At most 96 picked frames are
    shown, and fewer where the page would pass 8 MB. The same study gives the same bytes. Beside
    the page lie `miss-rate-per-cycle.png`, `miss-rate-by-boxes-and-hours.png`, `each-arm.png`,
    `miss-rate-fppi.png`, `objects-per-cycle.png` (each where there is something to draw) and
    `picked-<arm>-cycle-<k>.png` for the frames shown.

    Args:
        study: Complete or interrupted.
        folder: Made if absent; files of these names in it are replaced.
        judgement: What `labelnext.audit.judge.judge` says of this study, where that is known
            already or another metric than miss rate at FPPI 1 is to be judged.

    Returns:
        The path of the page.

    Raises:
        ArgumentError: `study` is no Study, its results contradict each other, or `folder` is a
            file.
        ProjectError: The disk is full or the folder cannot be written.
    """
    folder = Path(folder)
    if not isinstance(study, Study):
        raise ArgumentError("write", "study", expected="a Study", got=type(study).__name__)
    if folder.exists() and not folder.is_dir():
        raise ArgumentError("write", "folder", expected="a folder", got=f"the file {folder}")
    check(study)
    return _write(study, judgement or judge(study), folder)


def _write(study: Study, judged: Judgement, folder: Path) -> Path:
    from labelnext.report import charts, fppi, gallery
    from labelnext.report.choice import choose
    from labelnext.report.sheet import contact_sheet

    drawn = sections.Charts(
        charts.by_images(study, judged),
        charts.by_labour(study, judged),
        charts.each_arm(study, judged),
        charts.objects_per_cycle(study, judged),
        fppi.miss_rate_fppi(study, judged),
    )
    stopped = stopping(study, metric=judged.metric)
    before = sections.before_frames(study, judged, stopped, drawn)
    after = sections.after_frames(study)
    room = PAGE_BYTES - len((before + after).encode()) - 100_000  # head, legend and headings
    made = gallery.cards(study, choose(study.frames, most=MOST_FRAMES), room=room)
    names = slugs(sorted({c.frame.arm for c in made}))
    for chart in drawn.all():
        write_atomic(folder / f"{chart.name}.png", bind(_bytes, chart.png))
    for arm, cycle in sorted({(c.frame.arm, c.frame.cycle) for c in made}):
        mine = [c for c in made if (c.frame.arm, c.frame.cycle) == (arm, cycle)]
        sheet = contact_sheet(f"Picked by {arm} in cycle {cycle}", mine)
        write_atomic(folder / f"picked-{names[arm]}-cycle-{cycle}.png", bind(_bytes, sheet))
    frames = part("frames", "Picked frames", gallery.section(study, made, arms(study)))
    page = _page(study, (before, frames, after), gallery.stylesheet())
    write_text(folder / "report.html", page)
    return folder / "report.html"


def _page(study: Study, body: Sequence[str], extra: str) -> str:
    css = resources.files("labelnext.report").joinpath("style.css").read_text(encoding="utf-8")
    links = "".join(f'<li><a href="#{anchor}">{words}</a></li>' for anchor, words in _CONTENTS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(study.title, limit=200)}</title>
<style>
{css}{sections.stylesheet()}
{extra}
</style>
</head>
<body>
<a class="skip" href="#verdict">Skip to the verdict</a>
<header class="top">
<h1>{escape(study.title, limit=200)}</h1>
{sections.subtitle(study)}
<nav aria-label="Contents"><ul>{links}</ul></nav>
</header>
<main>
{"".join(body)}
</main>
<footer>labelnext {escape(__version__)}. This page needs no network and runs no script.</footer>
</body>
</html>
"""


def _bytes(data: bytes, path: Path) -> None:
    path.write_bytes(data)
