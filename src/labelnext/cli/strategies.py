"""`labelnext strategies`."""

from typing import Annotated

import typer

from labelnext.cli.options import Json


def strategies(
    name: Annotated[
        str | None, typer.Argument(help="Show the arguments of this one.", show_default=False)
    ] = None,
    preset: Annotated[
        str, typer.Option("--preset", help="Whose defaults: corrected, authors-code or plus.")
    ] = "corrected",
    json: Json = False,
) -> None:
    """List the strategies that pick images, or the arguments of one with their defaults.

    docs/strategies.md says where each comes from and when it is weak.
    """
    from json import dumps

    from labelnext import plugins
    from labelnext.cli import show
    from labelnext.strategies.catalogue import catalogue

    found = catalogue(preset)
    if name is not None:
        plugins.load("strategies", name)  # says which there are if this is none
        found = [one for one in found if one.name == name]
    if json:
        show.as_json(
            [
                {**one._asdict(), "arguments": [each._asdict() for each in one.arguments]}
                for one in found
            ]
        )
    elif name is None:
        show.table(
            ["strategy", "what it does", "needs of each image"],
            [[one.name, one.what, one.needs] for one in found],
        )
    else:
        print(f"{name}: {found[0].what}\nNeeds of each image: {found[0].needs}.")
        if found[0].arguments:
            show.table(
                ["argument", "default", "meaning"],
                [[each.name, dumps(each.default), each.meaning] for each in found[0].arguments],
            )
