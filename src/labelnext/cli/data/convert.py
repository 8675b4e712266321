"""`labelnext data convert`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labelnext.cli.options import Json, Maps, pairs

_SHOWN = 10


def convert(
    source: Annotated[str, typer.Argument(help="What to convert, such as coco:labels.json.")],
    out: Annotated[Path, typer.Argument(help="The file or folder to write.")],
    to: Annotated[
        str, typer.Option("--to", help="The format; `labelnext data formats` lists them.")
    ],
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="Keep this class only; repeatable.")
    ] = None,
    renamed: Maps = None,
    images: Annotated[
        str, typer.Option("--images", help="What to do with images: copy, link (hard) or none.")
    ] = "copy",
    predictions: Annotated[
        Path | None,
        typer.Option("--predictions", help="COCO results, written as pre-labels.", metavar="FILE"),
    ] = None,
    predictions_images: Annotated[
        Path | None,
        typer.Option(
            "--predictions-images", help="COCO file whose ids the results use.", metavar="FILE"
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="An option of the format; repeatable.", metavar="NAME=VALUE"),
    ] = None,
    frame_format: Annotated[
        str, typer.Option("--frame-format", help="Images from videos: jpeg or png.")
    ] = "jpeg",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = False,
) -> None:
    """Write a data set in another format, and say what that format cannot hold.

    The source is never changed, and without --force no file is replaced. Missing images are
    listed, not fatal.
    """
    from labelnext.cli import show
    from labelnext.cli.options import value
    from labelnext.data.convert import convert as run

    options = {name.replace("-", "_"): value(text) for name, text in pairs("--option", option)}
    with show.progress_bar() as progress:
        done = run(
            source, out, to, classes=classes, renamed=dict(pairs("--map", renamed)),
            images=images, predictions=predictions, predictions_images=predictions_images,
            options=options, frame_format=frame_format, force=force, progress=progress,
        )  # fmt: skip
    if json:
        show.as_json(done._asdict())
    else:
        _show(done)


def _show(done: Any) -> None:
    print(f"{done.target}: {done.format}, {done.images:,} images, {done.objects:,} objects")
    for how, count in done.placed.items():
        print(f"  images: {count:,} {how}")
    for what, count in done.lost.items():
        print(f"  the format cannot hold {count:,} {what}")
    for name, count in done.dropped.items():
        print(f"  {count:,} boxes of class {name} left out")
    for kind in ("failed", "problems", "notes"):
        lines = getattr(done, kind)
        for line in lines[:_SHOWN]:
            print(f"  {kind}: {line}")
        if len(lines) > _SHOWN:
            print(f"  … and {len(lines) - _SHOWN:,} more {kind}; --json lists them all")
