"""Names of images in label files: they must lie inside the data set, whatever the file says."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from labelnext.errors import DataError
from labelnext.json_fields import show


def inside(name: str, source: object, *, field: str = "file_name", record: object = None) -> str:
    """A name from a label file as a path relative to the data set, with forward slashes.

    Args:
        name: As the file has it; backslashes count as slashes.
        source: The label file, for the error.
        field: What holds the name, for the error.
        record: Line or id, for the error.

    Raises:
        DataError: It is absolute, climbs out by `..`, names no file, or holds a NUL.
    """
    path = PurePosixPath(name.replace("\\", "/"))
    drive = name[:1].isalpha() and name[1:2] == ":"  # C:\\a and C:a leave the folder on Windows
    if path.is_absolute() or drive or ".." in path.parts or not path.parts or "\0" in name:
        raise DataError(
            source,
            f"{field!r} {show(name)} must lie below the data set's own folder.",
            record=record,
            remedy="Name images relative to it, without '..'.",
        )
    return str(path)


def find(name: str, folders: Sequence[Path]) -> str:
    """Path of the first folder's file of that name; in the first folder where none has it."""
    paths = (os.path.join(folder, name) for folder in folders)  # noqa: PTH118
    # os.path, unlike pathlib, answers no to a name that the file system cannot hold; and is quick.
    found = next((path for path in paths if os.path.isfile(path)), None)  # noqa: PTH113
    return found or os.path.join(folders[0], name)  # noqa: PTH118


def require_json(path: Path) -> None:
    """Refuse what is no regular file, such as a pipe, which would block.

    Raises:
        DataError: It is absent, or something else.
    """
    if not path.is_file():
        problem = "is not a regular file." if path.exists() else "does not exist."
        raise DataError(path, problem, remedy="Give the JSON file.")
