"""`labelnext data stats`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from labelnext.cli.options import Json, Maps, pairs

if TYPE_CHECKING:
    from labelnext.data.review.stats import Instances, Statistics

_WIDEST = 40  # letters of the longest bar
_BAR = "█"
_EIGHTHS = " ▏▎▍▌▋▊▉"


def stats(
    sources: Annotated[
        list[str], typer.Argument(help="Data sets, such as coco:labels.json.", metavar="SOURCE")
    ],
    filter: Annotated[
        str | None,
        typer.Option(
            "--filter",
            help="The paper's filter of pedestrians: text (height and shape; what fails is "
            "ignored) or authors-code (what the authors' program keeps of caltech, citypersons "
            "and bdd100k).",
        ),
    ] = None,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="Count this class only; repeatable.")
    ] = None,
    maps: Maps = None,
    json: Json = False,
) -> None:
    """Count images, instances and sizes, as the paper's Table 1, with a histogram of heights.

    Instances are boxes that are not ignored. Pixels are not read.
    """
    from labelnext.cli import show
    from labelnext.data.review.stats import gather

    renamed = dict(pairs("--map", maps))
    with show.progress_bar() as progress:
        found = [
            gather(source, filter=filter, classes=classes, renamed=renamed, progress=progress)
            for source in sources
        ]
    if json:
        show.as_json([_as_dict(one) for one in found])
        return
    show.table(["", *_heads(found)], _rows(found))
    for one, head in zip(found, _heads(found), strict=True):
        _classes(one, head)
        _histogram(one.everything, head)
        _remarks(one, head)


def _heads(found: "list[Statistics]") -> list[str]:
    """What to call each source; those of one name are numbered."""
    names = [one.name for one in found]
    return [
        name if names.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(names, start=1)
    ]


def _rows(found: "list[Statistics]") -> list[list[object]]:
    rows: dict[str, list[object]] = {
        "images": [f"{one.images:,}" for one in found],
        "labelled": [f"{one.labelled:,}" for one in found],
        "instances": [f"{one.everything.count:,}" for one in found],
        "images with instances": [f"{one.everything.images:,}" for one in found],
        "ignored": [f"{one.everything.ignored:,}" for one in found],
        "median height, px": [_height(one.everything) for one in found],
        "size, px": [_size(one) for one in found],
        "type": [_kind(one) for one in found],
    }
    return [[name, *cells] for name, cells in rows.items()]


def _height(instances: "Instances") -> str:
    return f"{instances.median_height:.0f}" if instances.count else "–"


def _size(one: "Statistics") -> str:
    if not one.sizes:
        return "not known" if one.images else "–"
    width, height, count = one.sizes[0]
    text = f"{width} x {height}"
    if len(one.sizes) > 1:
        share = count / (one.images - one.unknown_sizes)
        text += f" ({share:.0%}; {len(one.sizes):,} sizes)"
    return text + (f", {one.unknown_sizes:,} not known" if one.unknown_sizes else "")


def _kind(one: "Statistics") -> str:
    if not one.images or one.kind == "stills":
        return "stills"
    videos = f"{one.videos:,} video{'' if one.videos == 1 else 's'}"
    return f"video ({videos})" if one.kind == "video" else f"stills, and {videos}"


def _classes(one: "Statistics", head: str) -> None:
    from labelnext.cli import show

    if len(one.classes) < 2:
        return
    used = [row for row in one.classes if row.count or row.ignored]
    unused = len(one.classes) - len(used)
    show.table(
        [f"class of {head}", "instances", "images", "ignored", "median height, px"],
        [
            [row.name, f"{row.count:,}", f"{row.images:,}", f"{row.ignored:,}", _height(row)]
            for row in sorted(used, key=lambda row: -row.count)
        ],
    )
    if unused:
        print(f"  {unused} of {len(one.classes)} classes have no boxes")


def _histogram(instances: "Instances", head: str) -> None:
    from labelnext.data.review.stats import EDGES

    if not instances.count:
        return
    print(f"\nHeights of the instances of {head}, px")
    ends = [*(str(edge) for edge in EDGES[1:]), ""]
    most = max(instances.heights)
    bins = list(zip(EDGES, ends, instances.heights, strict=True))
    filled = [i for i, count in enumerate(instances.heights) if count]
    for edge, end, count in bins[filled[0] : filled[-1] + 1]:
        label = f"{edge}–{end}" if end else f"{edge}–"
        print(f"  {label:>9} {count:>9,} {_bar(count / most)}".rstrip())


def _bar(share: float) -> str:
    eighths = round(share * _WIDEST * 8)
    return _BAR * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _remarks(one: "Statistics", head: str) -> None:
    if one.left_out:
        print(f"  {head}: the filter leaves out {one.left_out:,} images")
    if one.problems:
        print(f"  {head}: {one.problems:,} problems with labels; `labelnext data check` names them")
    for note in one.notes:
        print(f"  {head}: {note}")


def _as_dict(one: "Statistics") -> dict[str, Any]:
    return {
        "source": one.source,
        "name": one.name,
        "images": one.images,
        "labelled": one.labelled,
        "left_out": one.left_out,
        **_counts(one.everything),
        "sizes": [{"width": w, "height": h, "images": n} for w, h, n in one.sizes],
        "unknown_sizes": one.unknown_sizes,
        "type": one.kind,
        "videos": one.videos,
        "problems": one.problems,
        "notes": list(one.notes),
        "classes": [{"name": row.name, **_counts(row)} for row in one.classes],
    }


def _counts(instances: "Instances") -> dict[str, Any]:
    from labelnext.data.review.stats import EDGES

    ends = [*EDGES[1:], None]
    return {
        "instances": instances.count,
        "images_with_instances": instances.images,
        "ignored": instances.ignored,
        "median_height": round(instances.median_height, 2),
        "heights": [
            {"from": edge, "to": end, "instances": count}
            for edge, end, count in zip(EDGES, ends, instances.heights, strict=True)
        ],
    }
