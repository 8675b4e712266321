"""`labelnext.toml`: parsed once into frozen values; flat arguments go to the rooms below."""

import tomllib
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labelnext.errors import DataError
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


class Evaluation(_Table):
    """How test metrics are taken (PAPER §7); what is None comes from the preset."""

    subset: Literal["all", "reasonable"] = "all"
    protocol: Literal["standard", "authors-code"] | None = None
    iou: float | None = Field(default=None, gt=0, lt=1)


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
        budget: Images a cycle (the paper's b).
        oracle: Who labels: `simulated` (labels the pool came with) or `files`.
        batch_size: Images in one forward pass.
        frame_format: How picked frames of videos are kept: `png` as decoded, `jpeg` at quality 95.
        index: The index file, relative to the project.
        initial_weights: Weights to start from instead of training on the initial set.
        detector: Detector and its arguments.
        strategy: Strategy and its arguments.
        train_on: `selected` retrains on the picks alone, as the paper does; `all` on the initial
            set too, so that what was learned there is not forgotten.
        train: Options of every training (`fit`).
        initial: Options that differ for the training on the initial set.
        evaluation: Metrics on the test set.
        stop: `price`: miss rate that an hour of labelling has to bring at least.
    """

    seed: int = Field(0, ge=0)
    preset: Literal["corrected", "authors-code", "plus"] = "corrected"
    classes: tuple[str, ...] = Field(default=("person",), min_length=1)
    budget: int = Field(500, ge=1)
    oracle: Literal["simulated", "files"] = "files"
    batch_size: int = Field(8, ge=1)
    frame_format: Literal["png", "jpeg"] = "png"
    index: str = ".labelnext/index.sqlite"
    initial_weights: str | None = None
    detector: Named = Named(name="fire-fpn")
    strategy: Named = Named(name="divergence")
    train_on: Literal["selected", "all"] = "selected"
    train: dict[str, Any] = {}
    initial: dict[str, Any] = {}
    evaluation: Evaluation = Evaluation()
    stop: Stop = Stop()


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
        got = "" if problem["type"] == "missing" else f" (got {problem['input']!r})"
        sentences.append(f"{key}: {problem['msg']}{got}")
    return "; ".join(sentences) + "."
