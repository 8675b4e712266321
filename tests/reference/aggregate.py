"""Aggregation by plain loops (PAPER §3)."""


def tiles(pixels, region):
    """Mean over the regions' maxima, partial regions included."""
    height, width = pixels.shape
    maxima = []
    for top in range(0, height, region):
        for left in range(0, width, region):
            maxima.append(
                max(
                    float(pixels[y, x])
                    for y in range(top, min(top + region, height))
                    for x in range(left, min(left + region, width))
                )
            )
    return sum(maxima) / len(maxima)


def centred(pixels, region):
    """A maximum filter at every pixel, of which every region-th is kept (authors' code)."""
    height, width = pixels.shape
    before, after = region // 2, region - region // 2 - 1
    kept = []
    for y in range(height):
        for x in range(width):
            if y % region or x % region:
                continue
            kept.append(
                max(
                    float(pixels[j, i])
                    for j in range(y - before, y + after + 1)
                    for i in range(x - before, x + after + 1)
                    if 0 <= j < height and 0 <= i < width
                )
            )
    return sum(kept) / len(kept)
