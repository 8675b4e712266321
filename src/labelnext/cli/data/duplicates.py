"""`labelnext data duplicates`."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from labelnext.cli.options import Json

_SHOWN = 10
_ROLE = re.compile(r"(train|val|test|initial|pool)=(?=.)")


def duplicates(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Data sets, such as coco:labels.json or images:DIR; with a role before them "
            "(train=…, val=…, test=…), what is on two sides is warned of.",
            metavar="SOURCE",
        ),
    ],
    distance: Annotated[
        int, typer.Option(min=0, max=8, help="Bits of 64 in which near images may differ.")
    ] = 4,
    json: Json = False,
) -> None:
    """Find images and frames that are there twice, with the same bytes or nearly the same look.

    Near images are found by a perceptual hash; those near to a near one are in the same group.
    """
    from labelnext.cli import show
    from labelnext.data.review.repeated import search

    given = [_named(text) for text in sources]
    with show.progress_bar() as progress:
        found = search(given, distance=distance, progress=progress)
    if json:
        show.as_json(found._asdict())
        return
    print(f"{found.images:,} images. One of each kept, {found.left_exact:,} are left "
          f"without those of the same bytes, {found.left_near:,} without near ones.")  # fmt: skip
    for kind, groups in (("the same bytes", found.exact), ("nearly the same", found.near)):
        _show(kind, groups)
    for key, reason in found.unusable[:_SHOWN]:
        print(f"  unusable: {key}: {reason}")
    for warning in found.warnings:
        print(f"warning: {warning}")


def _named(text: str) -> tuple[str, str]:
    """The role before a source, or nothing, and the source."""
    match = _ROLE.match(text)
    return (match[1], text[match.end() :]) if match else ("", text)


def _show(kind: str, groups: Sequence[Any]) -> None:
    if groups:
        print(f"{len(groups):,} groups of {kind}:")
    for group in groups[:_SHOWN]:
        more = f" and {len(group) - 4} more" if len(group) > 4 else ""
        print(f"  {', '.join(group[:4])}{more}")
    if len(groups) > _SHOWN:
        print(f"  … and {len(groups) - _SHOWN:,} more; --json lists them all")
