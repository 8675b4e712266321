"""`labelnext.toml`: parsed once into frozen values; flat arguments go to the rooms below."""

import tomllib
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from labelnext.cost import Budget, LabellingCost, LabourRate, parse, parse_rate
from labelnext.detectors.command import Command
from labelnext.errors import ArgumentError, DataError, LabelnextError
from labelnext.files import write_text

NAME = "labelnext.toml"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Named(BaseModel):
    """A plug-in by name; every other key of its table is an argument of it."""

    model_config = ConfigDict(extra="allow", frozen=True)
    name: str

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments, without the name."""
        return dict(self.model_extra or {})


class NamedDetector(Named):
    """A detector by name, its arguments, and perhaps the command that trains it.

    Attributes:
        train: A command with placeholders that trains in place of `fit`
            (docs/detectors/training.md). It stands here, not under [train], because that table
            holds options and nothing else: those of `fit`, or values for the command.
    """

    train: str | None = None

    @model_serializer(mode="wrap")
    def _without_none(self, plain: Callable[[Any], Any]) -> dict[str, Any]:
        values: dict[str, Any] = plain(self)
        return {name: value for name, value in values.items() if name != "train" or value}


class Evaluation(_Table):
    """How test metrics are taken (PAPER §7); what is None comes from the preset."""

    subset: Literal["all", "reasonable"] = "all"
    protocol: Literal["standard", "authors-code"] | None = None
    iou: float | None = Field(default=None, gt=0, lt=1)


class Cost(_Table):
    """What labelling costs (docs/cost.md). A price that is None is learned, else the default.

    Attributes:
        per_image: Seconds to open an image, look it over and close it.
        per_new_box: Seconds to draw a box.
        per_kept_box: Seconds to check a proposed box that stays.
        per_deleted_box: Seconds to remove a proposed box.
        learn: Whether prices are learned from timed tasks, as soon as there are enough.
        rate: What an hour of labelling costs, such as `25 EUR/h`.
        annotators: How many share the labelling.
    """

    per_image: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    per_new_box: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    per_kept_box: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    per_deleted_box: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    learn: bool = True
    rate: str | None = None
    annotators: int = Field(default=1, ge=1)

    @property
    def given(self) -> dict[str, float]:
        """The prices that are set, by name."""
        prices = {part.name: getattr(self, part.name) for part in fields(LabellingCost)}
        return {name: price for name, price in prices.items() if price is not None}

    @property
    def labelling(self) -> LabellingCost:
        """The prices that are set, and the defaults for the others."""
        return LabellingCost(**self.given)

    @property
    def labour_rate(self) -> LabourRate | None:
        """The rate as a value."""
        return None if self.rate is None else parse_rate(self.rate)

    @field_validator("rate")
    @classmethod
    def _is_a_rate(cls, text: str | None) -> str | None:
        if text is not None:
            parse_rate(text)
        return text


class Scoring(_Table):
    """Which images of the pool are scored (docs/adaptive.md).

    Attributes:
        mode: `exhaustive`, or `adaptive`: of videos first every `stride`-th frame, then those that
            can still matter to the selection.
        stride: Of the first pass, in frames of the pool.
        coverage: How sure it must be that an unscored frame does not matter; 1 is certain.
        workers: Processes that score side by side, on a GPU each where there are several.
    """

    mode: Literal["exhaustive", "adaptive"] = "exhaustive"
    stride: int = Field(default=8, ge=1)
    coverage: float = Field(default=0.99, gt=0, le=1)
    workers: int = Field(default=1, ge=1, le=512)


class Stop(_Table):
    """When labelling is no longer worth it; the price is in miss rate at FPPI 1."""

    price: float | None = Field(default=None, gt=0, allow_inf_nan=False)


class Config(_Table):
    """Everything a project is set to do.

    Attributes:
        seed: Every draw derives from it.
        preset: `corrected` does what the paper means, `authors-code` what its program did, and
            `plus` is `corrected` with a better detector.
        classes: Class names to detect, in order.
        budget: What a cycle may take: images as a number (the paper's b), or text in another unit
            such as `40 hours`, `2000 boxes` or `300 EUR`.
        oracle: Who labels: `simulated` (labels the pool came with) or `files`.
        batch_size: Images in one forward pass.
        frame_format: How picked frames of videos are kept: `png` as decoded, `jpeg` at quality 95.
        index: The index file, relative to the project.
        initial_weights: Weights to start from instead of training on the initial set.
        detector: Detector and its arguments; `train` is a command that trains it.
        strategy: Strategy and its arguments.
        train_on: `selected` retrains on the picks alone, as the paper does; `all` on the initial
            set too, so that what was learned there is not forgotten.
        train_from: `initial` starts every training from the initial detector's weights, as the
            paper does; `last` goes on from the round before, which needs fewer epochs.
        train: Options of every training (`fit`, or the command).
        initial: Options that differ for the training on the initial set.
        warm: Options that differ for trainings that go on from the round before, from the second
            round on.
        evaluation: Metrics on the test set.
        scoring: Which images of the pool are scored.
        stop: `price`: miss rate that an hour of labelling has to bring at least.
        cost: What labelling costs.
    """

    seed: int = Field(0, ge=0)
    preset: Literal["corrected", "authors-code", "plus"] = "corrected"
    classes: tuple[str, ...] = Field(default=("person",), min_length=1)
    budget: int | str = 500
    oracle: Literal["simulated", "files"] = "files"
    batch_size: int = Field(8, ge=1)
    frame_format: Literal["png", "jpeg"] = "png"
    index: str = ".labelnext/index.sqlite"
    initial_weights: str | None = None
    detector: NamedDetector = NamedDetector(name="fire-fpn")
    strategy: Named = Named(name="divergence")
    train_on: Literal["selected", "all"] = "selected"
    train_from: Literal["initial", "last"] = "initial"
    train: dict[str, Any] = {}
    initial: dict[str, Any] = {}
    warm: dict[str, Any] = {}
    evaluation: Evaluation = Evaluation()
    scoring: Scoring = Scoring()
    stop: Stop = Stop()
    cost: Cost = Cost()

    @property
    def spending(self) -> Budget:
        """The budget of a cycle as a value."""
        return parse(str(self.budget))

    @property
    def budget_in_images(self) -> int:
        """The budget of a cycle where it must be in images.

        Raises:
            LabelnextError: It is in another unit.
        """
        if isinstance(self.budget, int):
            return self.budget
        raise LabelnextError(
            f"A budget of {self.budget} does not do here: give it in images, such as --budget 50."
        )

    @property
    def command(self) -> Command | None:
        """What trains the detector in place of its own `fit`.

        Raises:
            ArgumentError: It is no command, or its placeholders are not those that there are.
        """
        text = self.detector.train
        options = {*self.train, *self.initial, *self.warm}
        return None if text is None else Command.parse(text, options)

    def with_budget(self, budget: int | str) -> "Config":
        """The same with another budget.

        Raises:
            LabelnextError: It is none, or needs a rate that is not set.
        """
        try:
            return Config.model_validate({**self.model_dump(exclude_unset=True), "budget": budget})
        except ValidationError as error:
            raise LabelnextError(f"The budget is wrong: {explain(error)}") from None

    def with_scoring(self, mode: str | None, workers: int | None) -> "Config":
        """The same with another way of scoring, or number of processes; None leaves it.

        Raises:
            LabelnextError: There is no such way.
        """
        given = self.model_dump(exclude_unset=True)
        asked = {"mode": mode, "workers": workers}
        changes = {name: value for name, value in asked.items() if value is not None}
        changed = {**given, "scoring": {**given.get("scoring", {}), **changes}}
        try:
            return Config.model_validate(changed)
        except ValidationError as error:
            raise LabelnextError(f"--scoring is wrong: {explain(error)}") from None

    @field_validator("budget", mode="before")
    @classmethod
    def _one_spelling(cls, value: object) -> object:
        """Images as a whole number, other units as `parse` and `str` agree on them."""
        if isinstance(value, str):
            found = parse(value)
            if not found.amount:
                raise ValueError("Input should be above 0")
            return int(found.amount) if found.unit == "images" else str(found)
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            raise ValueError("Input should be a whole number of images, or text such as 40h")
        if value < 1:
            raise ValueError("Input should be 1 or more")
        return int(value)

    @model_validator(mode="after")
    def _warm_goes_on(self) -> "Config":
        if self.warm and self.train_from != "last":
            raise ValueError("[warm] holds only with train_from = 'last'")
        return self

    @model_validator(mode="after")
    def _command_is_one(self) -> "Config":
        try:
            _ = self.command
        except ArgumentError as error:
            raise ValueError(str(error)) from None
        return self

    @model_validator(mode="after")
    def _money_has_a_rate(self) -> "Config":
        budget, rate = self.spending, self.cost.labour_rate
        if budget.unit != "money":
            return self
        if rate is None:
            raise ValueError(
                "a budget in money needs what an hour costs: --set cost.rate='25 EUR/h'"
            )
        if budget.currency and rate.currency and budget.currency != rate.currency:
            raise ValueError(f"a budget in {budget.currency}, and cost.rate in {rate.currency}")
        return self


def read(folder: Path) -> Config:
    """Parse a project's `labelnext.toml`.

    Raises:
        DataError: Not there, not TOML, or a key or value that is not known; names the key.
    """
    path = folder / NAME
    try:
        with path.open("rb") as handle:
            return Config.model_validate(tomllib.load(handle))
    except FileNotFoundError:
        raise DataError(
            path, "there is no project here.", remedy="`labelnext init FOLDER` makes one."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise DataError(path, f"not valid TOML: {error}.", remedy="Mend that line.") from None
    except ValidationError as error:
        raise DataError(path, explain(error), remedy="See docs/project.md for every key.") from None


def write(folder: Path, config: Config) -> None:
    """Write a project's `labelnext.toml`."""
    values = config.model_dump(mode="json", exclude_none=True)
    write_text(folder / NAME, tomli_w.dumps(values))


def explain(error: ValidationError) -> str:
    """Each problem of a configuration in one sentence: the key, what is wrong, what came."""
    sentences = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"])
        got = f" (got {problem['input']!r})" if key and problem["type"] != "missing" else ""
        said = _plain(problem).rstrip(".")
        sentences.append(f"{key}: {said}{got}" if key else said)
    return "; ".join(sentences) + "."


def _plain(problem: Any) -> str:
    """What is wrong, without the names of functions that found it."""
    cause = problem.get("ctx", {}).get("error")
    if isinstance(cause, ArgumentError):
        return str(cause).partition(" must be ")[2].join(("must be ", "")).partition(" Got ")[0]
    return str(problem["msg"]).removeprefix("Value error, ")
