"""Where a box goes under an affine map, corner by corner."""


def map_box(box, matrix, size):
    x1, y1, x2, y2 = box
    xs, ys = [], []
    for x in (x1, x2):
        for y in (y1, y2):
            xs.append(matrix[0][0] * x + matrix[0][1] * y + matrix[0][2])
            ys.append(matrix[1][0] * x + matrix[1][1] * y + matrix[1][2])
    height, width = size
    return [
        min(max(min(xs), 0), width),
        min(max(min(ys), 0), height),
        min(max(max(xs), 0), width),
        min(max(max(ys), 0), height),
    ]
