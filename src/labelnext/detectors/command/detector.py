"""Any detector, trained by a command of its user's instead of by itself."""

import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labelnext.detectors.command import examples as coco
from labelnext.detectors.command.job import Job
from labelnext.detectors.command.process import CommandError
from labelnext.detectors.command.template import Command
from labelnext.detectors.common.checks import require_seed
from labelnext.errors import ArgumentError
from labelnext.files import disk_errors, write_atomic
from labelnext.protocols import (
    Detector,
    DetectorFactory,
    Precomputed,
    Progress,
    Segmenter,
    Stochastic,
    Trainable,
    quiet,
)
from labelnext.types import Example, Image, Prediction

_SEEDS = 2**31
_CLOCK = 2.0  # seconds by which time stamps of files may be coarse


@dataclass(frozen=True)
class CommandFactory:
    """Makes detectors that a command trains. Satisfies `protocols.DetectorFactory`.

    Attributes:
        inner: Makes the detectors themselves. Those that are not trainable are made from a file,
            the argument `path`, which holds their weights (see `given_file`): after a training they
            are made with the new file in its place. Of any other, `load` reads what was written.
        name: What users know the inner detector as.
        command: Trains.
        classes: Class names of the project, in order.
        logs: Where the output of the command is kept; None keeps it in the working folder of a fit.
        project: The project's folder, for `{project}`.
        listing: Writes the file for `{images}`.
    """

    inner: DetectorFactory
    name: str
    command: Command
    classes: tuple[str, ...]
    logs: Path | None = None
    project: Path | None = None
    listing: Callable[[Path], None] | None = None

    def create(self, classes: Sequence[str], *, seed: int, **arguments: Any) -> "CommandTrained":
        """The inner detector as its factory makes it.

        Raises:
            ArgumentError: It has no weights that a command could write.
        """
        made = self.inner.create(classes, seed=seed, **arguments)
        if getattr(made, "blind", False):
            raise ArgumentError(
                "a project", "detector.train", expected="of a detector that has weights",
                got=f"that of the detector {self.name!r}", remedy="Remove it.",
            )  # fmt: skip
        return CommandTrained(made, self, arguments, given_file(self.inner, arguments))

    def load(self, path: Path, /, **arguments: Any) -> "CommandTrained":
        """The inner detector with the weights in a file.

        Raises:
            LabelnextError: The inner detector cannot be made from it, or is of other classes.
        """
        path = Path(path)
        if given_file(self.inner, arguments) is not None:
            changed = {**arguments, "path": str(path)}
            made = self.inner.create(self.classes, seed=0, **changed)
        else:
            made = self.inner.load(path, **arguments)
        if tuple(made.classes) != self.classes:
            raise ArgumentError(
                self.name, "path", expected=f"weights of the classes {', '.join(self.classes)}",
                got=f"{path}, of {', '.join(made.classes)}",
            )  # fmt: skip
        return CommandTrained(made, self, arguments, path)


class CommandTrained:
    """A detector whose `fit` runs a command. Satisfies `protocols.Trainable`.

    It looks predictions up, draws passes at random, or segments where the inner detector does. Make
    one with `CommandFactory`.

    Attributes:
        classes: Of the inner detector.
        command: The text of the command; what trains in another program is not tried out.
    """

    def __init__(
        self,
        inner: Detector,
        factory: CommandFactory,
        arguments: Mapping[str, Any],
        file: Path | None,
        keep: object = None,
    ) -> None:
        self.classes = tuple(inner.classes)
        self.command = factory.command.text
        self._inner, self._factory, self._arguments = inner, factory, dict(arguments)
        self._file, self._keep = file, keep  # a temporary folder goes when this does
        if isinstance(inner, Precomputed):
            self.lookup = inner.lookup
        if isinstance(inner, Stochastic):
            self.sample = inner.sample
        if isinstance(inner, Segmenter):
            self.segment = inner.segment

    def predict(self, images: Sequence[Image]) -> list[Prediction]:
        """As the inner detector does."""
        return self._inner.predict(images)

    def fingerprint(self) -> str:
        """Of the inner detector; how it was trained does not change predictions."""
        return self._inner.fingerprint()

    def save(self, path: Path) -> None:
        """Copy the file that holds the weights (or the folder), whole or not at all.

        Raises:
            LabelnextError: There is none, and the inner detector cannot write one.
        """
        path = Path(path)
        if self._file is None:
            _require_trainable(self._inner, self._factory.name).save(path)
        elif self._file.is_dir():
            _copy_folder(self._file, path)
        else:
            source = self._file
            write_atomic(path, lambda partial: shutil.copyfile(source, partial))

    def fit(
        self,
        examples: Sequence[Example],
        *,
        seed: int,
        workdir: Path | None = None,
        progress: Progress = quiet,
        **options: Any,
    ) -> "CommandTrained":
        """Run the command on `examples`, from this detector's weights, and load what it wrote.

        The same call with the same `workdir` goes on: a command that was stopped runs again and
        finds the folder `{workdir}` as it left it; one that succeeded does not run again. Another
        command, other options or other examples begin anew, in a folder of their own.

        Args:
            examples: At least one.
            seed: Given on as `{seed}`, the remainder by 2³¹.
            workdir: Where everything is kept until the detector has been saved.
            progress: Told of images gathered, and of what the command says (see `process.run`).
            options: Values for further placeholders of the command.

        Raises:
            ArgumentError: No examples, or a placeholder without a value.
            CommandError: The command failed, wrote nothing, or wrote what cannot be loaded.
            ProjectError: It runs already.
        """
        require_seed("fit", seed)
        if not examples:
            raise ArgumentError("fit", "examples", expected="at least one", got="none")
        temporary = (
            None if workdir is not None else tempfile.TemporaryDirectory(prefix="labelnext-")
        )
        place = Path(workdir or (temporary.name if temporary else "")).resolve()
        labels = coco.digest(examples, self.classes)
        job = Job.find(
            place, [self.command, options, seed, self.fingerprint(), labels],
            suffix=weights_suffix(self._factory.inner, self._arguments), log=self._log(place),
        )  # fmt: skip
        found = job.finished(self._load)
        if found is None:
            data = coco.write(place / f"data-{labels[:12]}", examples, self.classes, progress)
            values = {**options, **self._values(job, seed), "coco": data}
            found = job.train(
                self._factory.command.fill(values), self._load, seed % _SEEDS, progress
            )
        return CommandTrained(found, self._factory, self._arguments, job.out, temporary)

    def _load(self, path: Path) -> Detector:
        return self._factory.load(path, **self._arguments)._inner

    def _log(self, place: Path) -> Path:
        if self._factory.logs is None:
            return place / "train.log"
        return self._factory.logs.resolve() / f"{place.name}-train.log"

    def _values(self, job: Job, seed: int) -> dict[str, object]:
        """Of the placeholders that do not depend on the examples."""
        factory = self._factory
        values: dict[str, object] = {
            "out": job.out, "workdir": job.work, "seed": seed % _SEEDS, "python": sys.executable,
            "project": (factory.project or Path()).resolve(),
        }  # fmt: skip
        if "init" in factory.command.names:
            values["init"] = self._start(job.folder)
        if "images" in factory.command.names:
            if factory.listing is None:
                raise CommandError(
                    "{images} lists the images of a project, and there is none here."
                )
            values["images"] = job.folder / "images.json"
            factory.listing(job.folder / "images.json")
        return values

    def _start(self, folder: Path) -> Path:
        """The file with the weights to start from; written into the folder if there is none."""
        if self._file is not None:
            return self._file.resolve()
        path = folder / f"init{weights_suffix(self._factory.inner, self._arguments)}"
        _require_trainable(self._inner, self._factory.name).save(path)
        return path


def given_file(factory: DetectorFactory, arguments: Mapping[str, Any]) -> Path | None:
    """The file (or folder) with the weights of a detector that cannot write them itself: its
    argument `path`, where its factory has no `save`.
    """
    path = arguments.get("path")
    return None if path is None or hasattr(factory, "save") else Path(str(path))


def weights_suffix(factory: DetectorFactory, arguments: Mapping[str, Any]) -> str:
    """What the names of files of weights end with: as that of the file that was given, else as the
    factory's attribute `suffix` says, else `.safetensors`.
    """
    given = given_file(factory, arguments)
    return str(getattr(factory, "suffix", ".safetensors")) if given is None else given.suffix


def _copy_folder(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.partial")
    with disk_errors(target):
        for old in (partial, target):
            if old.is_dir():
                shutil.rmtree(old)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, partial)
        partial.replace(target)


def _require_trainable(inner: Detector, name: str) -> Trainable:
    """The inner detector, if it can write its weights.

    Raises:
        CommandError: It cannot.
    """
    if not callable(getattr(inner, "save", None)):
        raise CommandError(
            f"The detector {name} cannot write the weights that it starts with: leave {{init}} out "
            "of detector.train, or give them as the argument `path` of the detector."
        )
    return inner  # type: ignore[return-value]
