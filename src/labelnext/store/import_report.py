"""What one import did to the index: added, present, changed, missing, broken, and every problem."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class Note(NamedTuple):
    """One image and what is to be said of it; `key` is empty where it concerns the source."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}" if self.key else self.text


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What one import did.

    Attributes:
        role: What the images are for.
        source: Name of the source in the index.
        added: Images that are new (or were broken or missing before), and usable.
        present: Usable images that were there before, the same.
        changed: Images whose file, labels or role differ from what is indexed, and what to do.
        missing: Images whose file is not there.
        broken: Images whose file cannot be used.
        gone: Images imported from this source before that it lists no longer; they are kept.
        problems: Boxes clipped or dropped, and the like.
        duplicates: Images with the same bytes under several keys.
        held_out: Images among `added` that went to the test set.
        objects: Boxes among `added` that count.
        ignored: Boxes among `added` that are to be ignored.
        dropped: Boxes left out because their class was not asked for, by class.
        test_groups: Names of the groups that were held out whole.
        notes: What else there is to say, one sentence each.
    """

    role: str
    source: str
    added: int = 0
    present: int = 0
    changed: tuple[Note, ...] = ()
    missing: tuple[Note, ...] = ()
    broken: tuple[Note, ...] = ()
    gone: tuple[str, ...] = ()
    problems: tuple[Note, ...] = ()
    duplicates: tuple[Note, ...] = ()
    held_out: int = 0
    objects: int = 0
    ignored: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    test_groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def summary(self) -> str:
        """The figures in one line."""
        figures = [
            f"{self.added} added",
            f"{self.present} present",
            f"{len(self.missing)} missing",
            f"{len(self.broken)} broken",
        ]
        for count, word in (
            (len(self.changed), "changed"),
            (len(self.gone), "no longer listed"),
            (self.held_out, "held out for testing"),
            (len(self.problems), "problems with boxes"),
            (len(self.duplicates), "duplicates"),
            (sum(self.dropped.values()), "boxes of other classes left out"),
        ):
            if count:
                figures.append(f"{count} {word}")
        return f"{self.source} ({self.role}): {', '.join(figures)}"
