"""Hold out the last part of each video by counting, frame by frame."""

import math


def last_part(frames: list[tuple[str | None, int, str]], fraction: float) -> set[str]:
    """Keys of the frames with fewer than the wanted number of frames after them in their video."""
    taken = set()
    for video, number, key in frames:
        same = [other for other in frames if other[0] == video]
        wanted = math.floor(len(same) * fraction + 0.5)
        place = (number, key)
        after = sum(1 for other in same if (other[1], other[2]) > place)
        if after < wanted:
            taken.add(key)
    return taken
