"""The page of formats, made from their own docstrings: `python -m tests.docs.formats` writes it.

What a format cannot hold is not taken from words: each writer writes a labelled image with every
part of a label that there is and an unlabelled one, and says what it lost. With `--print` the page
goes to standard output instead.
"""

import inspect
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from labelnext import plugins
from labelnext.data.formats.catalogue import OF_EVERY_WRITER, Format, catalogue
from labelnext.masks import pack
from labelnext.types import GroundTruth, ImageRecord, Sample
from tests.data.formats.shared.images import put
from tests.data.formats.shared.round_trip import PAIRS

PAGE = Path(__file__).parents[2] / "docs" / "formats.md"
HEAD = """# Formats

Generated from the docstrings of the readers and writers; see CONTRIBUTING.md.

A source is named `reader:path`, with options in brackets: `yolo[split=val]:data.yaml`. Formats that
know no videos all have the option `sequence`: `coco[sequence=true,fps=15]:labels.json` takes images
for frames by the numbers in their names, a folder a video. Boxes are
kept as `[x1, y1, x2, y2]` in pixels of the upright image, a pixel's centre at half-integers; each
format says how its own numbers become that. What a format cannot hold is said by
`labelnext data convert`, with counts.
"""
_SECTION = re.compile(r"^(Args|Raises|Returns|Yields|Attributes):$", re.MULTILINE)


def page() -> str:
    """The page as it should be."""
    found = catalogue()
    rows = ["| format | read | written | what |", "|---|---|---|---|"]
    rows += [
        f"| [{one.name}](#{one.name}) | {'yes' if one.read else ''} | "
        f"{'yes' if one.written else ''} | {one.what} |"
        for one in found
    ]
    return "\n".join([HEAD, *rows, "", *(_chapter(one) for one in found)])


def _chapter(one: Format) -> str:
    parts = [f"## {one.name}", ""]
    module = inspect.getmodule(plugins.load("readers" if one.read else "writers", one.name))
    parts += [inspect.getdoc(module) or "", ""]
    if one.read:
        parts += ["### Reading " + one.name, "", *_function("readers", one.name)]
    if one.written:
        parts += ["### Writing " + one.name, "", *_function("writers", one.name)]
        lost = losses(one.name)
        parts += ["It cannot hold:", "", *(f"- {what}" for what in sorted(lost))] if lost else [
            "It holds everything that labels here have."
        ]  # fmt: skip
        parts.append("")
    return "\n".join(parts)


def _function(group: str, name: str) -> list[str]:
    function = plugins.load(group, name)
    described = descriptions(function)
    text = _SECTION.split(inspect.getdoc(function) or "")[0].strip()
    lines = [text, ""]
    options = [
        f"| `{option}` | `{json.dumps(default)}` | {_cell(described.get(option, ''))} |"
        for option, default in defaults(function).items()
    ]
    if options:
        lines += ["| option | default | |", "|---|---|---|", *options, ""]
    return lines


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def defaults(function: Any) -> dict[str, Any]:
    """The options of a reader or writer with their defaults."""
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return {p.name: p.default for p in parameters if p.name not in OF_EVERY_WRITER}


def descriptions(function: Any) -> dict[str, str]:
    """What the docstring's `Args:` say of each parameter, in one line."""
    sections = _SECTION.split(inspect.getdoc(function) or "")
    if "Args" not in sections:
        return {}
    text = sections[sections.index("Args") + 1]
    found = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    return {name: " ".join(said.split()) for name, said in found}


def losses(writer: str) -> dict[str, int]:
    """What a writer says it lost of one image with every part of a label that there is."""
    truth = GroundTruth.from_boxes(
        [[1, 2, 11, 22], [3, 4, 13, 24]],
        ignore=[True, False],
        visible=[0.5, 0.25],
        visible_xyxy=[[1, 2, 6, 22], [3, 4, 8, 14]],
        occlusion=[2, 1],
        truncation=[0.25, 0.5],
        tracks=[3, 4],
        masks=pack(np.ones((2, 48, 64), bool)).tolist(),
    )
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "source" / "frame.png"
        put(image, 64, 48)
        record = ImageRecord("frame.png", str(image), 64, 48, "clip", 7, 0.28, 2)
        sample = Sample(record, truth)
        write = plugins.load("writers", writer)
        samples = [sample, Sample(ImageRecord("other.png", str(image), 64, 48))]
        written = write(Path(folder) / PAIRS[writer].target, samples, ["person"])
    return dict(written.lost)


if __name__ == "__main__":
    if sys.argv[1:] == ["--print"]:
        sys.stdout.write(page())
    else:
        PAGE.write_text(page(), encoding="utf-8")
