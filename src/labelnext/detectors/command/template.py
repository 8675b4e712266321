"""The command that trains, as text with placeholders: split into words once, filled in each time.

Words are split as a shell would, but no shell runs: a path with spaces stays one word, and `|`,
`>` or `$HOME` mean nothing.
"""

import json
import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from labelnext.errors import ArgumentError

KNOWN = {
    "coco": "the labelled images, as a COCO file with the images beside it",
    "init": "the weights to start from",
    "out": "where the new weights have to be written",
    "seed": "a whole number below 2³¹",
    "workdir": "a folder that is kept until the command succeeds",
    "images": "a COCO file that lists every image of the project, without labels",
    "project": "the project's folder",
    "python": "the Python that labelnext runs in",
}
"""Placeholders of every command; the options of the training are further ones."""

REQUIRED = ("coco", "out")
NAME = "detector.train"  # as errors call it
_PLACE = re.compile(r"\{\{(\w+)\}\}|\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Command:
    """A command with placeholders. Make one with `parse`.

    Attributes:
        text: As it was written.
        words: Its words, with placeholders.
        names: The placeholders in it.
    """

    text: str
    words: tuple[str, ...]
    names: frozenset[str]

    @staticmethod
    def parse(text: str, options: Collection[str] = ()) -> "Command":
        """A command from text such as `python my_train.py --data {coco} --out {out}`.

        `{{word}}` stands for `{word}` itself; braces around anything but a word are left alone.

        Args:
            text: The command.
            options: Names of the training's options, which are placeholders too and must be used.

        Raises:
            ArgumentError: Not words as a shell splits them, none at all, an unknown placeholder, or
                a needed one missing.
        """
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise _error("words that a shell could split", f"{text!r} ({error})") from None
        if not words:
            raise _error("a command", repr(text))
        taken = sorted(set(options) & set(KNOWN))
        if taken:
            raise _error(
                "filled in by labelnext, not by an option of the training",
                " and ".join(taken),
                "Rename that option.",
            )
        names = frozenset(m[2] for word in words for m in _PLACE.finditer(word) if m[2])
        known = [*KNOWN, *sorted(options)]
        for name in sorted(names):
            if name not in known:
                raise _error(
                    f"a command with known placeholders ({_braced(known)})",
                    f"{{{name}}} in {text!r}",
                    "Options of the training ([train]) are placeholders too; a word in braces that "
                    "is none is written in two pairs of them.",
                )
        missing = [name for name in REQUIRED if name not in names]
        if missing:
            raise _error(f"a command that names {_braced(missing)}", repr(text))
        unused = sorted(set(options) - names)
        if unused:
            raise _error(
                f"a command that names every option of the training, also {_braced(unused)}",
                repr(text),
                "Put it in, or remove the option.",
            )
        return Command(text, words, names)

    def fill(self, values: Mapping[str, object]) -> list[str]:
        """The words with values in place of the placeholders; numbers and tables as JSON.

        Args:
            values: By name; those that the command does not name are not used.

        Raises:
            ArgumentError: There is no value for a placeholder: an option that only other rounds
                have.
        """
        missing = sorted(self.names - values.keys())
        if missing:
            raise _error(
                f"a command whose options all have values, also {_braced(missing)}",
                "none for it in this round",
                "Give it under [train].",
            )

        def put(match: re.Match[str]) -> str:
            return f"{{{match[1]}}}" if match[1] else _text(values[match[2]])

        return [_PLACE.sub(put, word) for word in self.words]


def _braced(names: Collection[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    plain = isinstance(value, bool | int | float | list | dict) or value is None
    return json.dumps(value) if plain else str(value)


def _error(expected: str, got: str, remedy: str = "") -> ArgumentError:
    return ArgumentError("a project", NAME, expected=expected, got=got, remedy=remedy)
