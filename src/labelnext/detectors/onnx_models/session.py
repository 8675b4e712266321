"""Running a model: threads, devices, and arrays in and out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime

from labelnext.detectors.onnx_models.file import ModelFile
from labelnext.errors import ArgumentError, CheckpointError
from labelnext.wording import plural

# Where another package had started it before, and on Windows, which has another sender.
onnxruntime.disable_telemetry_events()

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_FATAL = 4  # what goes wrong is raised; nothing is printed beside that


class Session:
    """A model ready to run.

    Attributes:
        outputs: Names of the model's own outputs.
        on_gpu: Whether it runs on CUDA.
    """

    def __init__(
        self, model: ModelFile, extra: Sequence[str], *, device: str, threads: int
    ) -> None:
        """Make `extra` tensors inside the graph outputs too, and load it.

        Raises:
            CheckpointError: onnxruntime refuses the model.
            ArgumentError: No such device.
        """
        self._path, self._input = model.path, model.input.name
        self.outputs = [output.name for output in model.proto.graph.output]
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _FATAL
        options.intra_op_num_threads = threads
        wanted = providers(device)
        try:
            self._session = onnxruntime.InferenceSession(
                _with_outputs(model.proto, extra), options, providers=wanted
            )
        except Exception as error:  # of many unrelated types
            raise CheckpointError(
                f"{model.path}: onnxruntime {onnxruntime.__version__} cannot run it "
                f"({_first_line(error)})."
            ) from error
        self.on_gpu = self._session.get_providers()[0] == _CUDA
        if device.startswith("cuda") and not self.on_gpu:
            raise _no_cuda(device)

    def run(self, x: np.ndarray, names: Sequence[str]) -> list[np.ndarray]:
        """The named outputs for one batch, floating-point ones as float32.

        Raises:
            CheckpointError: The model fails on it.
        """
        try:
            found = self._session.run(list(names), {self._input: x})
        except Exception as error:
            raise CheckpointError(
                f"{self._path}: fails on an input of shape {list(x.shape)} "
                f"({_first_line(error)}). Is input_size one that it was made for?"
            ) from error
        return [np.asarray(a, np.float32) if a.dtype.kind == "f" else a for a in found]


def providers(device: str) -> list[Any]:
    """What onnxruntime is asked for by the name of a device.

    Raises:
        ArgumentError: None of this machine's.
    """
    offered = _CUDA in onnxruntime.get_available_providers()
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (
        number and not (kind == "cuda" and number.isdigit())
    ):
        raise ArgumentError("onnx", "device", expected="auto, cpu or cuda", got=repr(device))
    if kind == "cuda" and not offered:
        raise _no_cuda(device)
    if kind == "cpu" or not offered:
        return [_CPU]
    return [(_CUDA, {"device_id": int(number or 0)}), _CPU]


def describe(device: str, threads: int) -> str:
    """What a session would run on, in a line.

    Raises:
        ArgumentError: None of this machine's.
    """
    first = providers(device)[0]
    name = f"onnxruntime {onnxruntime.__version__}"
    if first == _CPU:
        return f"{name} on the processor, {plural(threads, 'thread') if threads else 'all cores'}"
    return f"{name} on CUDA device {first[1]['device_id']}"


def _with_outputs(proto: onnx.ModelProto, extra: Sequence[str]) -> bytes:
    """The model with further outputs, whose types onnxruntime finds; `proto` stays as it is."""
    outputs = proto.graph.output
    own = len(outputs)
    outputs.extend(onnx.ValueInfoProto(name=name) for name in extra)
    try:
        data: bytes = proto.SerializeToString()
    finally:
        del outputs[own:]
    return data


def _no_cuda(device: str) -> ArgumentError:
    return ArgumentError(
        "onnx", "device", expected="a device of this machine", got=repr(device),
        remedy="This onnxruntime cannot use CUDA here: install onnxruntime-gpu in its place, or "
        "set device='auto'.",
    )  # fmt: skip


def _first_line(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return words[:240] + "…" if len(words) > 240 else words or type(error).__name__
