"""Published labelling times, and why the defaults are what they are (STRATEGIES §11).

Data, so that the documentation and the command line show one and the same table. No published
times of a box in CVAT, or per kept or deleted box, were found: the defaults are this project's own.
"""

from dataclasses import dataclass
from typing import Literal

Checked = Literal["text", "second-hand", "text and second-hand"]


@dataclass(frozen=True, slots=True)
class Source:
    """A published labelling time.

    Attributes:
        seconds: As published; a share of time (`−33 %`) where that is what was measured.
        of: What it is the time of.
        source: Who published it, and where.
        checked: `text`: read in the paper itself. `second-hand`: from another paper's account.
    """

    seconds: str
    of: str
    source: str
    checked: Checked


@dataclass(frozen=True, slots=True)
class Default:
    """A default of `LabellingCost`: its field, and why it is what it is."""

    name: str
    why: str


SOURCES = (
    Source(
        "≥ 35 / image",
        "the pedestrians of an urban frame, mean over six tools",
        "Aghdam et al., ICCV 2019",
        "text",
    ),
    Source(
        "25.5 / box, median (50.8 mean)",
        "drawing, crowd workers, ImageNet",
        "Su et al., 2012",
        "text and second-hand",
    ),
    Source(
        "42.4 / box, median (88.0 mean)",
        "the same with checks of quality (9.0) and of coverage (7.8)",
        "Su et al., 2012",
        "second-hand",
    ),
    Source(
        "35 / box",
        "drawing 25.5 and quality 9.0 without coverage; not the 35 s of an image above",
        "Papadopoulos et al., ICCV 2017",
        "text and second-hand",
    ),
    Source(
        "7.0 / box",
        "extreme clicking, crowd workers, VOC",
        "Papadopoulos et al., ICCV 2017",
        "text",
    ),
    Source(
        "7.4 / box",
        "extreme clicking, professionals, 15 million boxes",
        "Kuznetsova et al., Open Images V4",
        "second-hand",
    ),
    Source(
        "1.6 / question, 8.5 / box",
        "verification series: yes or no to a proposed box, until one is right",
        "Papadopoulos et al., CVPR 2016; Open Images V4",
        "second-hand",
    ),
    Source(
        "6.5 / box, 12.5 in two stages",
        "box with class: spoken while drawing, or in two stages",
        "Gygli and Ferrari, 2019",
        "text",
    ),
    Source(
        "3.7 / box for the gesture, about 26.5 all-in",
        "professionals, plain drawing; extreme clicks 6.9",
        "Snapper, IUI 2024",
        "second-hand",
    ),
    Source(
        "−33 %",
        "time with assisted boxes",
        "Snapper, IUI 2024",
        "second-hand",
    ),
    Source(
        "up to −53 %",
        "time where proposed boxes are corrected instead of drawn",
        "arXiv 2411.19835",
        "text",
    ),
)

DEFAULTS = (
    Default(
        "per_image",
        "to open, look over, close; with three new boxes it gives the 35 s of an urban frame",
    ),
    Default(
        "per_new_box",
        "between extreme clicking (7.0) and box with class in two stages (12.5)",
    ),
    Default(
        "per_kept_box",
        "between a yes-or-no question (1.6) and drawing anew (7.0): some boxes need mending",
    ),
    Default(
        "per_deleted_box",
        "about one yes-or-no question (1.6)",
    ),
)
