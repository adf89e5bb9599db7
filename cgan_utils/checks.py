"""What is asked of the inputs, each in one place: whole numbers, other numbers, images, seeds."""

import math
import operator

import numpy as np

SEEDS = 2**32  # as many as NumPy's and Keras's own seeds


def check_whole(name: str, value: object, least: int, most: int | None = None) -> int:
    """Give the whole number `value` as an int; NumPy's integers are whole numbers, True is none.

    Raises ValueError if it is none, or not from `least` to `most`.
    """
    upper = "up" if most is None else f"to {most:,}"
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        whole = operator.index(value)
    except TypeError:
        whole = None
    if whole is None or whole < least or (most is not None and whole > most):
        raise ValueError(f"{name} is {value!r}; give a whole number from {least:,} {upper}.")
    return whole


def check_seed(value: object, name: str = "seed") -> int:
    """Give the seed as an int. Raises ValueError unless it is a whole number from 0 to 2³² - 1."""
    return check_whole(name, value, 0, SEEDS - 1)


def check_number(
    name: str, value: object, low: float, high: float = math.inf, ends: str = "[]"
) -> float:
    """Give the number `value` as a float.

    ends: "[]" if both limits are allowed, "(]", "[)" or "()" if not. Raises ValueError if it is no
    number or lies outside; NaN and infinity always do.
    """
    number = math.nan
    if np.isscalar(value) and not isinstance(value, bool | np.bool_ | str | bytes | complex):
        number = float(value)
    above = number >= low if ends[0] == "[" else number > low
    below = number <= high if ends[1] == "]" else number < high
    if not (above and below and math.isfinite(number)):
        words = ["at least" if ends[0] == "[" else "above"]
        words += ["at most" if ends[1] == "]" else "below"]
        limits = f"{words[0]} {low:g}" + ("" if high == math.inf else f" and {words[1]} {high:g}")
        raise ValueError(f"{name} is {value!r}; give a number {limits}.")
    return number


def check_images(
    images: object,
    name: str = "images",
    shape: tuple[int, int, int] | None = None,
    count: int | None = None,
    least: int = 1,
) -> np.ndarray:
    """Give images as an array (N, H, W, C) float32, once they are known to be images in [0, 1].

    C is 1 (gray) or 3 (color). shape: the (H, W, C) that is wanted, if it matters. count: how many
    are wanted; `least`: how many at least. Raises ValueError for another rank, size or type of
    number, for pixels outside [0, 1] and for NaN.
    """
    try:
        array = np.asarray(images)
    except ValueError:  # lists of unequal length
        array = np.asarray(None)
    number = "N" if count is None else str(count)
    wanted = f"({number}, {', '.join(map(str, shape)) if shape else 'height, width, 1 or 3'})"
    fits = array.ndim == 4 and array.shape[3] in (1, 3) and min(array.shape[1:]) > 0
    if fits and shape is not None:
        fits = array.shape[1:] == tuple(shape)
    if fits and count is not None:
        fits = len(array) == count
    if not fits:
        raise ValueError(f"{name} have shape {array.shape}; give an array {wanted}.")
    if len(array) < least:
        raise ValueError(f"there are {len(array)} {name}; give at least {least}.")
    if array.dtype.kind != "f":
        raise ValueError(
            f"{name} are {array.dtype}; give floats in [0, 1], as pixels from 0 to 255 are after "
            "dividing by 255."
        )
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ValueError(
            f"{name} contain NaN or infinity; if a network drew them, its weights have blown up: "
            "train it anew."
        )
    if low < 0 or high > 1:
        raise ValueError(
            f"{name} range from {low:g} to {high:g}; give pixels in [0, 1], such as "
            "(x + 1) / 2 of what a tanh draws."
        )
    return array.astype(np.float32, copy=False)
