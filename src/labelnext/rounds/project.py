"""A project on disk: `labelnext.toml`, and `.labelnext/` with index, ledger, shards, weights."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from inspect import signature
from pathlib import Path
from typing import get_args

import numpy as np

from labelnext import plugins, presets
from labelnext.data import images
from labelnext.detectors.command import CommandFactory, given_file, weights_suffix
from labelnext.errors import ProjectError
from labelnext.evidence import Needs
from labelnext.files import write_text
from labelnext.protocols import Detector, DetectorFactory, Strategy
from labelnext.rounds import config as configuration
from labelnext.rounds.config import Config
from labelnext.rounds.seeds import derive, generator
from labelnext.store.index import Index, Role
from labelnext.store.ledger import Ledger, StepRow
from labelnext.store.lock import exclusive
from labelnext.types import Image, ImageRecord

STATE = ".labelnext"


@dataclass(frozen=True)
class Project:
    """An open project. Make one with `Project.create`, open one with `Project.open`."""

    folder: Path
    config: Config
    index: Index
    ledger: Ledger
    asked: int | str | None = None  # the budget of this command, in place of the configured one

    @staticmethod
    def create(folder: Path, config: Config) -> "Project":
        """Make a project, or open the one that is there if it is configured the same.

        Raises:
            ProjectError: The folder holds a project with another configuration.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / configuration.NAME).exists():
            if configuration.read(folder) != config:
                raise ProjectError(
                    f"{folder} holds a project with other settings. Edit "
                    f"{folder / configuration.NAME}, or choose another folder."
                )
        else:
            configuration.write(folder, config)
        (folder / STATE).mkdir(exist_ok=True)
        Ledger(folder / STATE / "ledger.sqlite", create=True).close()
        index_path = folder / config.index
        index_path.parent.mkdir(parents=True, exist_ok=True)
        Index.open(index_path, create=True).close()
        return Project.open(folder)

    @staticmethod
    def open(
        folder: Path,
        *,
        budget: int | str | None = None,
        scoring: str | None = None,
        workers: int | None = None,
    ) -> "Project":
        """Open the project in a folder.

        Args:
            folder: Holds `labelnext.toml`.
            budget: Holds for its rounds in place of the configured one.
            scoring: The same of the way of scoring (`config.Scoring.mode`).
            workers: The same of the processes that score.

        Raises:
            LabelnextError: There is none, a part of it cannot be read, the budget is none, or there
                is no such way of scoring.
        """
        config = configuration.read(folder)
        if scoring is not None or workers is not None:
            config = config.with_scoring(scoring, workers)
        if budget is not None:
            config = config.with_budget(budget)
        index = Index.open(folder / config.index)
        return Project(
            folder, config, index, Ledger(folder / STATE / "ledger.sqlite"),
            None if budget is None else config.budget,
        )  # fmt: skip

    def close(self) -> None:
        """Close the files."""
        self.index.close()
        self.ledger.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the project for changes; a second process is refused and told who holds it."""
        with exclusive(self.folder / STATE / "lock"):
            yield

    def path(self, *parts: str) -> Path:
        """A path below the project's state folder."""
        return self.folder.joinpath(STATE, *parts)

    def pool(self) -> list[ImageRecord]:
        """Images of the pool that the oracle can answer for, sorted by key.

        A simulated one answers with the labels that there are: without labels an image is left out.
        """
        return self.index.records("pool", labelled=self.config.oracle == "simulated")

    def pool_size(self) -> int:
        """How many images `pool` lists."""
        counts = self.index.counts()["pool"]
        return counts.labelled if self.config.oracle == "simulated" else counts.images

    def weights(self, number: int) -> Path:
        """Where the weights of a round are; 0 is the initial detector (the paper's w_l)."""
        return weights_path(self.folder, self.config, number)

    @property
    def given(self) -> bool:
        """Whether the initial detector's weights are given, not trained on the initial set."""
        return bool(self.config.initial_weights) or _given(self.config) is not None

    def seed(self, *purpose: str | int) -> int:
        """The project's seed for one purpose."""
        return derive(self.config.seed, *purpose)

    def rng(self, *purpose: str | int) -> np.random.Generator:
        """A generator for one purpose."""
        return generator(self.config.seed, *purpose)

    def fresh_detector(self) -> Detector:
        """The configured detector before any training."""
        factory, arguments = self._factory()
        return factory.create(self.config.classes, seed=self.seed("weights"), **arguments)

    def detector(self, number: int) -> Detector:
        """The detector after round `number`; 0 is the initial one.

        Raises:
            ProjectError: It is not trained yet, or its weights are not those that were recorded.
        """
        done = self.ledger.step(number, "train")
        if done is None:
            raise ProjectError(f"The detector of round {number} is not trained yet.")
        if done.details.get("trained") is False:
            return self.fresh_detector()
        detector = self.load_weights(number)
        if detector.fingerprint() != done.details["weights"]:
            raise ProjectError(
                f"{self.weights(number)} is not what round {number} trained: the hash is "
                f"{detector.fingerprint()}, the ledger says {done.details['weights']}. Put the "
                "file back from a copy."
            )
        return detector

    def load_weights(self, number: int) -> Detector:
        """The detector in a round's weights file, not yet compared with the ledger."""
        factory, arguments = self._factory()
        if not self.weights(number).exists():
            raise ProjectError(
                f"The weights of round {number} are gone: there is no {self.weights(number)}. Put "
                "the file back from a copy."
            )
        return self._loaded(factory, self.weights(number), arguments)

    def strategy(self) -> Strategy:
        """The configured strategy."""
        return build_strategy(self.config.strategy.name, self.config.preset,
                              self.config.strategy.arguments)  # fmt: skip

    def members(self, number: int, needs: Needs) -> list[Detector]:
        """Further detectors that a strategy asks for in a round: checkpoints, earlier rounds'.

        Raises:
            ProjectError: Checkpoints are asked for, and no file matches.
        """
        found = [self.detector(k) for k in range(max(0, number - 1 - needs.rounds), number - 1)]
        if not needs.checkpoints:
            return found
        names = sorted(glob(needs.checkpoints, root_dir=self.folder))  # noqa: PTH207 (absolute)
        files = [self.folder / name for name in names]
        if not files:
            raise ProjectError(
                f"No weights file matches checkpoints={needs.checkpoints!r} (seen from "
                f"{self.folder}). Give a path or a glob of files that `save` wrote."
            )
        factory, arguments = self._factory()
        return found + [self._loaded(factory, file, arguments) for file in files]

    def train_options(self, number: int) -> dict[str, object]:
        """Options of `fit` for a round: the preset's, the project's, and those that differ there.

        Those are `initial` for round 0, and `warm` for a round that goes on from a retrained one.
        """
        options: dict[str, object] = {}
        if self._is_preset_detector() and self.config.detector.train is None:
            options |= presets.get(self.config.preset).fit
        options |= self.config.train
        if number == 0:
            return options | self.config.initial
        return options | self.config.warm if number > 1 else options

    def once(self, number: int, step: str, work: Callable[[], Mapping[str, object]]) -> StepRow:
        """Do a step unless the ledger says that it is done, and record it."""
        done = self.ledger.step(number, step)
        if done is None:
            start = time.perf_counter()
            details = work()
            self.ledger.finish(number, step, time.perf_counter() - start, details)
            done = self.ledger.step(number, step)
            assert done is not None
        return done

    def _factory(self) -> tuple[DetectorFactory, dict[str, object]]:
        named = self.config.detector
        preset = presets.get(self.config.preset)
        defaults = {**preset.detector, **preset.decode} if self._is_preset_detector() else {}
        factory, command = plugins.load("detectors", named.name), self.config.command
        if command is not None:
            factory = CommandFactory(
                factory, named.name, command, tuple(self.config.classes), logs=self.path("logs"),
                project=self.folder, listing=self._list_images,
            )  # fmt: skip
        return factory, {**defaults, **named.arguments}

    def _loaded(
        self, factory: DetectorFactory, path: Path, arguments: Mapping[str, object]
    ) -> Detector:
        """A detector from a file; of a file that may hold more classes, the project's alone."""
        given = dict(arguments)
        if "classes" in signature(factory.load).parameters:
            given["classes"] = self.config.classes
        return factory.load(path, **given)

    def _list_images(self, path: Path) -> None:
        """Write every image of the project as a COCO file without labels."""
        images: list[dict[str, object]] = []
        for role in get_args(Role):
            for record in self.index.records(role):
                entry = {
                    "id": len(images) + 1, "file_name": record.key, "width": record.width,
                    "height": record.height, "path": record.path, "role": role,
                    "video": record.video, "frame": record.frame, "seconds": record.seconds,
                }  # fmt: skip
                images.append({name: value for name, value in entry.items() if value is not None})
        categories = [{"id": i, "name": n} for i, n in enumerate(self.config.classes, start=1)]
        document = {"images": images, "annotations": [], "categories": categories}
        write_text(path, json.dumps(document, ensure_ascii=False))

    def _is_preset_detector(self) -> bool:
        return self.config.detector.name == "fire-fpn"


def weights_path(folder: Path, config: Config, number: int) -> Path:
    """Where a project in a folder keeps the weights of a round, or finds those it was given.

    Given are `initial_weights`, and the file of a detector that a command trains further.
    """
    if number == 0 and config.initial_weights:
        return folder / config.initial_weights
    given = _given(config)
    if number == 0 and given is not None:
        return given
    named, suffix = config.detector, ".safetensors"
    if named.train is not None:
        suffix = weights_suffix(plugins.load("detectors", named.name), named.arguments)
    return folder.joinpath(STATE, "weights", f"round-{number:04d}{suffix}")


def _given(config: Config) -> Path | None:
    """The file of a detector that a command trains further."""
    named = config.detector
    if named.train is None:
        return None
    return given_file(plugins.load("detectors", named.name), named.arguments)


def build_strategy(name: str, preset: str, arguments: Mapping[str, object]) -> Strategy:
    """A strategy by name; `preset` gives the defaults of the arguments that are not given."""
    strategy: Strategy = plugins.load("strategies", name)(preset=preset, **arguments)
    return strategy


def load_pixels(record: ImageRecord) -> Image:
    """The pixels of an indexed image or frame of a video."""
    return images.read(record)
