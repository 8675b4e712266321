"""The state of a fit between epochs: kept whole in one file, put back only for the same fit."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from labelnext.detectors.common import checkpoint
from labelnext.detectors.training.options import Options
from labelnext.errors import CheckpointError
from labelnext.files import write_text
from labelnext.types import Example

STATE, LOG = "fit.safetensors", "loss.jsonl"


def job_of(start: str, examples: Sequence[Example], seed: int, options: Options) -> dict[str, str]:
    """What must agree for a state to be gone on with; pixels are trusted to go with the keys."""
    truth = hashlib.sha256()
    for example in examples:
        truth.update(json.dumps(example.key).encode())
        for part in (example.truth.xyxy, example.truth.classes, example.truth.ignore):
            truth.update(repr(part.shape).encode() + np.ascontiguousarray(part).tobytes())
    shown = {k: v for k, v in asdict(options).items() if k != "cache_megabytes"}
    return {
        "starting detector": start,
        "examples": truth.hexdigest(),
        "seed": str(seed),
        "options": json.dumps(shown, sort_keys=True),
    }


def keep(
    workdir: Path,
    job: dict[str, str],
    model: nn.Module,
    average: Mapping[str, Tensor],
    optimiser: torch.optim.Optimizer,
    losses: list[float],
) -> None:
    tensors = {f"network/{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average/{k}": v for k, v in average.items()}
    for i, state in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser/{i}/{k}": v for k, v in state.items() if v is not None}
    checkpoint.write(workdir / STATE, tensors, {"job": job, "losses": losses})
    _write_log(workdir, losses)


def restore(
    workdir: Path | None,
    job: dict[str, str],
    model: nn.Module,
    average: dict[str, Tensor],
    optimiser: torch.optim.Optimizer,
) -> list[float]:
    """Put a state left in `workdir` back; returns the mean loss of every epoch done so far."""
    if workdir is None or not (workdir / STATE).exists():
        return []
    tensors, facts = checkpoint.read(workdir / STATE)
    other = [name for name, value in job.items() if facts.get("job", {}).get(name) != value]
    if other:
        raise CheckpointError(
            f"{workdir / STATE}: belongs to a fit with another {', '.join(other)}. "
            "Pass another workdir, or delete the file to train afresh."
        )
    parts: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}, "optimiser": {}}
    for name, value in tensors.items():
        part, _, rest = name.partition("/")
        parts[part][rest] = value
    model.load_state_dict(parts["network"])
    for name, value in parts["average"].items():
        average[name].copy_(value)
    state: dict[int, dict[str, Tensor]] = {}
    like = [weight for group in optimiser.param_groups for weight in group["params"]]
    for name, value in parts["optimiser"].items():
        index, _, slot = name.partition("/")
        state.setdefault(int(index), {})[slot] = _laid_out(value, like[int(index)])
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
    losses = [float(x) for x in facts["losses"]]
    _write_log(workdir, losses)  # the log may lag one epoch behind the state
    return losses


def _laid_out(value: Tensor, weight: Tensor) -> Tensor:
    """The value in the weight's memory order, which a fused optimiser takes for granted."""
    return torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value


def _write_log(workdir: Path, losses: list[float]) -> None:
    rows = [json.dumps({"epoch": i + 1, "loss": loss}) for i, loss in enumerate(losses)]
    write_text(workdir / LOG, "".join(f"{row}\n" for row in rows))
