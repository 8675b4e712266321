"""`labelnext data split`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from labelnext.cli.options import Json, Maps, pairs


def split(
    source: Annotated[str, typer.Argument(help="What to split, such as coco:labels.json.")],
    out: Annotated[Path, typer.Argument(help="The folder to write to.")],
    part: Annotated[
        list[str],
        typer.Option("--part", help="A part and its share; repeatable.", metavar="NAME=SHARE"),
    ],
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="What stays together: video, folder, name:REGEX, duplicates (or duplicates:BITS), "
            "image.",
        ),
    ],
    to: Annotated[str, typer.Option("--to", help="Format to write.")] = "coco",
    as_list: Annotated[
        bool, typer.Option("--list", help="Write text files of keys instead.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
    classes: Annotated[
        list[str] | None, typer.Option("--class", help="Keep this class only; repeatable.")
    ] = None,
    maps: Maps = None,
    images: Annotated[
        str, typer.Option("--images", help="What to do with images: copy, link (hard) or none.")
    ] = "copy",
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    json: Json = False,
) -> None:
    """Split a data set into parts, such as train and val, by whole groups of images.

    Sizes come as near to the shares as whole groups allow. The same seed gives the same split, and
    data that are added later move few of the groups that were there.
    """
    from labelnext.cli import show
    from labelnext.data.parts import split_source
    from labelnext.errors import LabelnextError

    shares: dict[str, float] = {}
    for name, share in pairs("--part", part):
        try:
            shares[name] = float(share)
        except ValueError:
            raise LabelnextError(
                f"--part {name}={share} is not of the form NAME=SHARE, for example train=0.8."
            ) from None
    with show.progress_bar() as progress:
        found = split_source(
            source, out, shares, by=by, seed=seed, to=None if as_list else to, progress=progress,
            classes=classes, renamed=dict(pairs("--map", maps)), images=images, force=force,
        )  # fmt: skip
    if json:
        show.as_json([_as_dict(one) for one in found])
        return
    show.table(
        ["part", "images", "share", "wanted", "groups", "written"],
        [[one.name, one.images, one.share, shares[one.name], one.groups, one.target]
         for one in found],
    )  # fmt: skip
    for one in found:
        for what, count in (one.written.lost if one.written else {}).items():
            print(f"{one.name}: the format cannot hold {count:,} {what}")
        for line in (one.written.failed if one.written else [])[:10]:
            print(f"{one.name}: failed: {line}")


def _as_dict(part: Any) -> dict[str, Any]:
    written = part.written and part.written._asdict()
    return {**part._asdict(), "written": written}
