"""What this machine is and has left, for the record beside every figure and for `doctor`."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("labelnext", "numpy", "opencv-python-headless", "torch")


def hardware() -> str:
    """Processor, cores and versions in one line."""
    return "; ".join([f"{processor()}, {os.cpu_count()} cores", *software(_PACKAGES)])


def software(packages: Sequence[str]) -> list[str]:
    """Python and those of the packages that are installed, with their versions."""
    parts = [f"Python {platform.python_version()}"]
    for package in packages:
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return parts


def available_cpus() -> int:
    """CPUs that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> tuple[int | None, int | None]:
    """Bytes of memory in all, and to be had without swapping; None where that is not known."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None, None
    found = {line.partition(":")[0]: int(line.split()[1]) * 1024 for line in lines if ":" in line}
    return found.get("MemTotal"), found.get("MemAvailable")


def gpus() -> list[str]:
    """Names and memory of the NVIDIA GPUs that the driver shows."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    query = [command, "--query-gpu=name,memory.total", "--format=csv,noheader"]
    try:
        shown = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in shown.stdout.splitlines() if line.strip()]


def visible_gpus() -> list[str]:
    """What CUDA calls the NVIDIA GPUs that this process may use, without asking CUDA."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        return [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    return sorted(
        (path.name.removeprefix("nvidia") for path in Path("/dev").glob("nvidia[0-9]*")), key=int
    )


def free_disk(folder: Path) -> int:
    """Bytes free where a folder is, or will be."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    return shutil.disk_usage(there).free


def processor() -> str:
    """The processor's name."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
