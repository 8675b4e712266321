"""`labelnext data formats`."""

from labelnext.cli.options import Json


def formats(json: Json = False) -> None:
    """List the formats that are read and written, with their options."""
    from labelnext.cli import show
    from labelnext.data.formats.catalogue import catalogue

    found = catalogue()
    if json:
        show.as_json([entry._asdict() for entry in found])
        return
    show.table(
        ["format", "read", "written", "what", "options"],
        [
            [entry.name, "yes" if entry.read else "", "yes" if entry.written else "", entry.what,
             ", ".join(entry.options)]
            for entry in found
        ],
    )  # fmt: skip
