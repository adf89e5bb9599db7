"""Pictures, gray (H, W) or color (H, W, 3), of numbers in [0, 1]; and their files, PNG and GIF."""

import io
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .checks import check_images, check_number, check_whole
from .files import written_whole


def grid(images: np.ndarray, columns: int = 10, gap: int = 1) -> np.ndarray:
    """Draw images (N, H, W, 1 or 3) in [0, 1] as one picture, gray lines between them.

    gap: how many pixels wide the lines are. Gives float32. Raises ValueError on bad images or
    numbers.
    """
    images = check_images(images)
    columns = min(check_whole("columns", columns, 1), len(images))
    gap = check_whole("gap", gap, 0)
    count, height, width, channels = images.shape
    size = -(-count // columns) * (height + gap) - gap, columns * (width + gap) - gap
    picture = np.full((*size, channels), 0.5, np.float32)
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        picture[top : top + height, left : left + width] = image
    return _flat(picture)


def enlarge(picture: np.ndarray, times: int) -> np.ndarray:
    """Repeat every pixel of a picture (H, W) or (H, W, 3): (times · H, times · W) or with 3."""
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def beside(image: np.ndarray, block: np.ndarray) -> np.ndarray:
    """Draw an image (H, W, 1 or 3), enlarged to about 168 pixels, and a picture right of it as one.

    The result is in color if either of them is. Raises ValueError on a bad image.
    """
    (image,) = check_images([image])
    left = enlarge(image, max(1, round(168 / len(image))))  # six times, for 28 pixels
    right = np.atleast_3d(block)
    start = left.shape[1] + 8
    height, channels = (max(left.shape[axis], right.shape[axis]) for axis in (0, 2))
    picture = np.zeros((height, start + right.shape[1], channels), np.float32)
    picture[: len(left), : start - 8] = left
    picture[:, start - 8 : start] = 0.5
    picture[: len(right), start:] = right
    return _flat(picture)


def bar_chart(bars: Sequence[float]) -> np.ndarray:
    """Draw bars of heights (N,) in [0, 1], numbered below, beside a scale from 0 to 100 %.

    Gives a gray picture (168, 56 + 56 N). Raises ValueError on other heights.
    """
    bars = np.asarray(bars, float)
    if bars.ndim != 1 or not bars.size or not ((bars >= 0) & (bars <= 1)).all():
        raise ValueError(
            f"the bars' heights are {bars.tolist()}; give one or more numbers in [0, 1]."
        )
    image = Image.new("L", (56 + 56 * len(bars), 168))
    pen, zero, high = ImageDraw.Draw(image), 134, 112
    for share in (0, 0.5, 1):
        y = zero - round(high * share)
        pen.line([(52, y), (image.width, y)], fill=90)
        pen.text((48, y), f"{share:.0%}", 255, ImageFont.load_default(15), anchor="rm")
    for i, bar in enumerate(bars):
        left, top = 56 + 56 * i, zero - round(high * bar)
        if top < zero:
            pen.rectangle([left + 10, top, left + 45, zero - 1], fill=204)
        pen.text((left + 28, 152), str(i), 255, ImageFont.load_default(24), anchor="mm")
    return np.float32(image) / 255


def level_chart(names: Sequence[str], upper: Sequence[float], lower: Sequence[float]) -> np.ndarray:
    """Draw two bars a name, one above the other, of lengths in [0, 1]: a gray picture (24 · N, W).

    Raises ValueError on other lengths.
    """
    levels = np.asarray([*zip(upper, lower, strict=False)], float)  # a row a name
    counts = {len(names), len(upper), len(lower)}
    if len(counts) > 1 or not ((levels >= 0) & (levels <= 1)).all():
        raise ValueError(
            f"the bars' lengths are {list(upper)} and {list(lower)}; give two numbers in [0, 1] a "
            "name."
        )
    picture = _names(tuple(names)).copy()
    start = picture.shape[1] - 128
    for i, pair in enumerate(levels):
        for top, level, shade in zip((4, 13), pair, (0.55, 0.95), strict=True):
            bar = picture[24 * i + top : 24 * i + top + 7, start : start + 120]
            bar[:] = 0.2
            bar[:, : round(120 * level)] = shade
    return picture


def encode_png(picture: np.ndarray) -> bytes:
    """Give the PNG file of a picture (H, W) or (H, W, 3) of floats in [0, 1].

    Raises ValueError on another shape or type, on numbers outside and on NaN.
    """
    picture = np.asarray(picture)
    image = picture[..., None] if picture.ndim == 2 else picture
    (pixels,) = _bytes(check_images(image[None], "pictures"))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def save_gif(
    path: str | os.PathLike[str],
    frames: np.ndarray,
    fps: float = 10,
    loop: int = 0,
    height: int = 96,
) -> Path:
    """Write frames (T, H, W, 1 or 3) in [0, 1] as a GIF, whole or not at all, and give its path.

    fps: frames a second, at most 50, the fastest that browsers play. A GIF counts in hundredths of
    a second: a frame may stay a little longer than the next, but the whole takes T / fps seconds.
    loop: how often it plays, 0 for ever. height: of the GIF in pixels; the width keeps the
    proportions. Raises ValueError on bad frames or settings, OSError if the file cannot be written.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() != ".gif":
        raise ValueError(f"{path.name!r} must end in .gif.")
    frames = check_images(frames, "frames")
    fps = check_number("fps", fps, 0, 50, "(]")
    loop = check_whole("loop", loop, 0, 65_536)
    slimness = frames.shape[1] / frames.shape[2]
    height = check_whole("height", height, 1, int(65_535 * min(1, slimness)))
    size = max(1, round(height / slimness)), height
    pictures = np.stack(
        [Image.fromarray(f).resize(size, Image.Resampling.BILINEAR) for f in _bytes(frames)]
    )
    # Pillow makes one frame of pictures that are the same; here, their times are checked as well.
    starts = [i for i, p in enumerate(pictures) if i == 0 or (p != pictures[i - 1]).any()]
    stays = np.diff(np.rint(np.array([*starts, len(pictures)]) * 100 / fps))
    if stays.max() > 65_535:
        raise ValueError(
            f"fps is {fps:g}, so a picture stands still for {stays.max() / 100:g} s; in a GIF it "
            "can for at most 655.35 s: give a larger fps."
        )
    with written_whole(path) as partial:
        imageio.imwrite(
            partial,
            pictures[starts],
            extension=".gif",
            is_batch=True,  # not guessed: three pixels wide is not yet in color
            save_all=True,  # so that a list of durations is right for one frame, too
            duration=[10 * int(stay) for stay in stays],
            loop=None if loop == 1 else max(0, loop - 1),  # the file counts repeats after the first
        )
    return path


def _flat(image: np.ndarray) -> np.ndarray:
    """Give an image (..., H, W, 1) as a picture (..., H, W); one in color stays as it is."""
    return image[..., 0] if image.shape[-1] == 1 else image


def _bytes(images: np.ndarray) -> np.ndarray:
    """Give images (N, H, W, 1 or 3) in [0, 1] as pictures of whole numbers from 0 to 255."""
    return np.uint8(np.rint(_flat(images) * 255))


@cache
def _names(names: tuple[str, ...]) -> np.ndarray:
    """Print names, one a line of 24 pixels, with room for 120 pixels of bars right of them."""
    font = ImageFont.load_default(15)
    width = 12 + round(max(font.getlength(name) for name in names))
    image = Image.new("L", (width + 128, 24 * len(names)))
    for i, name in enumerate(names):
        ImageDraw.Draw(image).text((width - 8, 24 * i + 12), name, 255, font, anchor="rm")
    return np.float32(image) / 255
