"""Where BDD100K keeps the images of a label file."""

import os
from pathlib import Path

from labelnext.data.formats.common.paths import find

_SPLITS = ("train", "val", "test")


class ImageFolders:
    """Where images may lie; the folder that had the last one is tried first.

    Args:
        path: The label file.
        chosen: The folder that the user named, if any.
    """

    def __init__(self, path: Path, chosen: Path | None) -> None:
        self._folders = [chosen] if chosen is not None else image_folders(path)

    def find(self, key: str, name: str) -> str:
        """Path of an image by its key, or by its bare name."""
        for at, folder in enumerate(self._folders):
            for part in dict.fromkeys((key, name)):
                path = find(part, [folder])
                if os.path.isfile(path):  # noqa: PTH113 (of any length)
                    self._folders.insert(0, self._folders.pop(at))
                    return path
        return find(key, self._folders)


def image_folders(path: Path) -> list[Path]:
    """Folders that may hold the images, the likeliest first.

    They lie below the folder that holds `labels/`, where the file is in such a one; else below the
    file's own. Of the splits, the one that the file's path names.
    """
    above = [folder for folder in list(path.parents)[:4] if folder.name == "labels"]
    root = above[0].parent if above else path.parent
    below = path.relative_to(root).as_posix().lower()
    splits = [split for split in _SPLITS if split in below] or list(_SPLITS)
    kinds = [root / "images" / kind for kind in ("100k", "10k", "track")]
    nested = [kind / split for kind in kinds for split in splits]
    return [*nested, *kinds, root / "images", root, path.parent]
