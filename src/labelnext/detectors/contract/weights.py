"""Fingerprints, and weights on disk."""

import pickletools
import zipfile
from pathlib import Path

from labelnext.detectors.contract.compare import difference
from labelnext.detectors.contract.fault import NothingToSeeError, require
from labelnext.detectors.contract.subject import Subject
from labelnext.protocols import Trainable

_PICKLES = (".pkl", ".pickle")


def fingerprint(subject: Subject) -> None:
    """The fingerprint is text that stays the same, and is that of another one made the same way."""
    first = subject.detector.fingerprint()
    require(
        isinstance(first, str) and first, "a fingerprint of text", repr(first),
        "Return a hexadecimal hash.",
    )  # fmt: skip
    _ = subject.seen
    for other, what in (
        (subject.detector.fingerprint(), "after predicting"),
        (subject.make(0).fingerprint(), "of a second one, made with the same arguments and seed"),
    ):
        require(
            other == first, f"the same fingerprint {what}", f"{other[:16]}… after {first[:16]}…",
            "Hash classes, arguments and weights, and draw fresh weights from the seed alone.",
        )  # fmt: skip


def fingerprint_of_classes(subject: Subject) -> None:
    """With other classes the fingerprint is another."""
    if len(subject.classes) < 2:
        raise NothingToSeeError("it was made for one class; give several with --class")
    first = subject.detector.fingerprint()
    turned = subject.factory.create(subject.classes[::-1], seed=0, **subject.arguments)
    require(
        turned.fingerprint() != first, "another fingerprint for the classes in another order",
        "the same", "Hash the names of the classes too: they say what the maps mean.",
    )  # fmt: skip


def fingerprint_of_weights(subject: Subject) -> None:
    """A trained detector has another fingerprint."""
    require(
        subject.trained.fingerprint() != subject.detector.fingerprint(),
        "another fingerprint after training", "the same", "Hash the weights themselves.",
    )  # fmt: skip


def there_and_back(subject: Subject) -> None:
    """What `save` wrote, `load` makes the same detector of: fingerprint and predictions."""
    trained = subject.trained
    path = _saved(subject, trained)
    again = subject.factory.load(path, **subject.arguments)
    require(
        again.fingerprint() == trained.fingerprint(), "the same fingerprint after save and load",
        "another", "Write all weights, unrounded, with what `load` needs beside them.",
    )  # fmt: skip
    require(
        tuple(again.classes) == trained.classes, f"the classes {trained.classes}",
        f"{again.classes}", "Write the names of the classes to the file too.",
    )  # fmt: skip
    for image in subject.images[:2]:
        other = difference(trained.predict([image])[0], again.predict([image])[0])
        require(not other, "the same predictions after save and load", other,
                "Write buffers (running statistics) too, and arguments that matter.")  # fmt: skip


def one_file(subject: Subject) -> None:
    """`save` writes the file that it was given, and no other."""
    path = _saved(subject, subject.trained)
    require(path.is_file() and path.stat().st_size, f"a file {path.name}", "none, or an empty one",
            "Write to the path that is given, as it is.")  # fmt: skip
    others = sorted(file.name for file in path.parent.iterdir() if file != path)
    require(not others, f"nothing but {path.name}", f"{', '.join(others)} beside it",
            "Put everything into one file; a round keeps no other.")  # fmt: skip


def no_pickle(subject: Subject) -> None:
    """The file is no pickle: loading one runs whatever program is in it."""
    path = _saved(subject, subject.trained)
    require(not _is_pickle(path), "a file without pickled objects", f"a pickle in {path.name}",
            "Write tensors with safetensors.")  # fmt: skip


def _saved(subject: Subject, trained: Trainable) -> Path:
    folder = subject.folder / "saved"
    path = folder / "weights.safetensors"
    if not folder.exists():
        folder.mkdir(parents=True)
        trained.save(path)
    return path


def _is_pickle(path: Path) -> bool:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as content:
            return any(name.endswith(_PICKLES) for name in content.namelist())
    data = path.read_bytes()
    if data[:1] not in (b"\x80", b"(", b"]", b"}", b"c"):
        return False
    try:
        return len(list(pickletools.genops(data))) > 0
    except Exception:  # not to its end: no pickle
        return False
