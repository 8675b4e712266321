"""Where a model comes from: a folder or the hub, a configuration with fresh weights, or a file."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers.utils import logging

from labelnext.detectors.common.draws import seeded
from labelnext.detectors.transformers_models.families import FAMILIES, NAME, Family, family_of
from labelnext.errors import ArgumentError

_HUB = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)?", re.ASCII)
_TRUSTED: Mapping[str, Any] = {"trust_remote_code": False}  # never asks, never runs foreign code
# What a configuration says of its own history, and not of the model.
_HISTORY = ("transformers_version", "_name_or_path", "architectures", "dtype", "torch_dtype")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing bars and logging what is checked here."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def config_at(path: str) -> Any:
    """The configuration of a saved model.

    Raises:
        ArgumentError: No such folder, nothing that the hub gives, or another kind of model.
    """
    _require_place(path)
    with quiet():
        try:
            config = transformers.AutoConfig.from_pretrained(path, **_TRUSTED)
        except Exception as error:
            raise _unread(path, error) from error
    family_of(config, path)
    return _any_size(config)


def model_at(path: str, config: Any) -> Any:
    """A saved model with all its weights, in float32.

    Raises:
        ArgumentError: The weights are missing, damaged, or those of another model.
    """
    with quiet():
        try:
            model, found = transformers.AutoModelForObjectDetection.from_pretrained(
                path, config=config, dtype=torch.float32, output_loading_info=True, **_TRUSTED
            )
        except Exception as error:
            raise _unread(path, error) from error
    missing = sorted(found["missing_keys"])
    if missing:
        raise ArgumentError(
            NAME, "path", expected="a whole object detector",
            got=f"{path}, which lacks {len(missing)} weights, such as {missing[0]}",
            remedy="Was another kind of model saved there, such as a bare backbone?",
        )  # fmt: skip
    return model.eval()


def fresh_config(kind: str) -> Any:
    """A configuration for fresh weights: a model type's own, or that of a config.json.

    Raises:
        ArgumentError: Neither a known type nor a readable configuration.
    """
    if kind in FAMILIES:
        config = transformers.AutoConfig.for_model(kind)
        if hasattr(config, "freeze_backbone_batch_norms"):
            config.freeze_backbone_batch_norms = False  # there are no statistics to keep
        return _unlearnt(config)
    return _unlearnt(rebuilt(_json(kind), kind))


def rebuilt(values: Mapping[str, Any], origin: str) -> Any:
    """A configuration from what `facts_of` keeps, or from a config.json."""
    kind = values.get("model_type")
    if kind not in FAMILIES:
        raise ArgumentError(
            NAME,
            "config",
            expected=f"of model_type {', '.join(FAMILIES)}",
            got=f"{kind} ({origin})",
        )
    rest = {name: value for name, value in values.items() if name != "model_type"}
    with quiet():
        try:
            return transformers.AutoConfig.for_model(kind, **rest)
        except Exception as error:
            raise _refused(origin, error) from error


def facts_of(config: Any) -> dict[str, Any]:
    """A configuration as JSON-able values, without its history."""
    values: dict[str, Any] = _without_history(json.loads(config.to_json_string(use_diff=False)))
    return values


def fresh_model(config: Any, seed: int) -> Any:
    """A model with weights drawn from `seed`; torch's own generator is left as it was.

    Gains of batch normalisation start at 1, as in the authors' programs; transformers draws those
    of RT-DETR around 0, which all but silences its encoder.

    Raises:
        ArgumentError: The configuration does not hold together.
    """
    with seeded(seed), quiet():
        try:
            model = transformers.AutoModelForObjectDetection.from_config(
                config, dtype=torch.float32, **_TRUSTED
            )
        except Exception as error:
            raise _refused(str(config.model_type), error) from error
    for part in model.modules():
        if isinstance(part, torch.nn.BatchNorm2d) and part.affine:
            torch.nn.init.ones_(part.weight)
    return model.eval()


def processor_at(path: str, family: Family) -> Any:
    """The image processor saved beside a model; where there is none, the family's own."""
    with quiet():
        try:
            return transformers.AutoImageProcessor.from_pretrained(path, **_TRUSTED)
        except OSError as error:
            if (Path(path) / "preprocessor_config.json").exists():
                raise _unread(path, error) from error
            return family_processor(family)
        except Exception as error:
            raise _unread(path, error) from error


def family_processor(family: Family) -> Any:
    """The image processor of a family's published models."""
    return getattr(transformers, family.processor)()


def rebuilt_processor(values: Mapping[str, Any]) -> Any:
    """An image processor from what its `to_dict` gave."""
    kind = str(values.get("image_processor_type"))
    with quiet():
        return getattr(transformers, kind).from_dict(dict(values))


def _unlearnt(config: Any) -> Any:
    """The same, sure not to fetch weights for its backbone."""
    part: Any
    for part in (config, getattr(config, "backbone_config", None)):
        if getattr(part, "use_pretrained_backbone", False):
            part.use_pretrained_backbone = False
    return _any_size(config)


def _any_size(config: Any) -> Any:
    """The same, with anchors made for each size of input; for its own size they are no others."""
    if hasattr(config, "anchor_image_size"):
        config.anchor_image_size = None
    return config


def _without_history(values: Any) -> Any:
    if isinstance(values, dict):
        return {k: _without_history(v) for k, v in values.items() if k not in _HISTORY}
    return values


def _json(path: str) -> Mapping[str, Any]:
    file = Path(path) / "config.json" if Path(path).is_dir() else Path(path)
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = ", ".join(FAMILIES)
        raise ArgumentError(
            NAME, "config", expected=f"a model type ({known}) or a readable config.json",
            got=f"{path} ({_first_line(error)})",
        ) from error  # fmt: skip
    if not isinstance(values, dict):
        raise ArgumentError(NAME, "config", expected="a JSON object", got=f"another in {file}")
    return values


def _require_place(path: str) -> None:
    place = Path(path)
    if place.is_file() or (place.is_dir() and not (place / "config.json").is_file()):
        got = f"{path}, a file" if place.is_file() else f"{path}, without a config.json"
    elif place.is_dir() or _HUB.fullmatch(path):
        return
    else:
        got = f"{path}, which is not there"
    raise ArgumentError(
        NAME, "path", expected="a folder that `save_pretrained` wrote, or a model's name on the "
        "hub", got=got,
    )  # fmt: skip


def _unread(path: str, error: Exception) -> ArgumentError:
    if Path(path).is_dir():
        return ArgumentError(
            NAME, "path", expected="a folder that `save_pretrained` wrote",
            got=f"{path}, which transformers cannot read ({_first_line(error)})",
        )  # fmt: skip
    return ArgumentError(
        NAME, "path", expected="a folder that `save_pretrained` wrote, or a model's name on the "
        "hub", got=f"{path}, which is no folder here, and the hub gave nothing "
        f"({_first_line(error)})",
        remedy="Without access to the hub, give a folder.",
    )  # fmt: skip


def _refused(origin: str, error: Exception) -> ArgumentError:
    return ArgumentError(
        NAME, "config", expected="a configuration that transformers accepts",
        got=f"{origin} ({_first_line(error)})",
    )  # fmt: skip


def _first_line(error: Exception) -> str:
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split("\n")[0].split())[:300]
