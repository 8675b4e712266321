"""Which of a model's classes a project wants."""

from collections.abc import Sequence

from labelnext.errors import ArgumentError


def places(
    wanted: Sequence[str],
    known: Sequence[str],
    *,
    function: str,
    model: str,
    otherwise: str = "train a model on them",
) -> list[int]:
    """The place among the model's classes of each class of the project.

    Names are compared as they are, then without regard to case, and with spaces, dashes and
    underscores alike.

    Args:
        wanted: Class names of the project.
        known: Class names of the model, in the order of its outputs.
        function: What users know the detector as.
        model: The file or name of the model, for the message.
        otherwise: What else can be done than to rename classes, for the message.

    Raises:
        ArgumentError: The model lacks a class; says which it has.
    """
    exact = {name: i for i, name in reversed(list(enumerate(known)))}
    loose = {_plain(name): i for name, i in exact.items()}
    found = [exact.get(name, loose.get(_plain(name))) for name in wanted]
    missing = [name for name, place in zip(wanted, found, strict=True) if place is None]
    if missing:
        shown = ", ".join(known[:12]) + (f", … ({len(known)} in all)" if len(known) > 12 else "")
        raise ArgumentError(
            function,
            "classes",
            expected=f"among those of {model} ({shown})",
            got=", ".join(map(repr, missing)),
            remedy=f"Rename the project's classes (--map in `labelnext init`), or {otherwise}.",
        )
    return [place for place in found if place is not None]


def _plain(name: str) -> str:
    return name.casefold().replace("-", " ").replace("_", " ").strip()
