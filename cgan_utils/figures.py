"""Pictures: grids of images, loss curves, the GIF, and the package's own source for the notebooks to show."""

import inspect
import io
import os
import textwrap
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import imageio.v3 as imageio
import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from PIL import Image, ImageDraw, ImageFont
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.style import Style
from pygments.token import Comment, Keyword, Name, String

# Okabe and Ito's palette, told apart by color-blind readers too (jfly.uni-koeln.de/color).
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442",
)  # fmt: skip


def use_style() -> None:
    """Sets matplotlib's defaults for this series: colors, sizes, a light grid."""
    plt.rcParams.update(
        {
            "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW]),
            "axes.grid": True,
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlesize": "medium",
            "figure.constrained_layout.use": True,
            "figure.dpi": 90,
            "grid.alpha": 0.3,
            "image.cmap": "gray",
        }
    )


def grid(images: np.ndarray, columns: int = 10, gap: int = 1) -> np.ndarray:
    """One picture (H, W) float32 of images (N, 28, 28, 1) in [0, 1], gray lines between them."""
    images = np.asarray(images, np.float32)
    images = images.reshape(images.shape[:3])
    count, height, width = images.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    picture = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), 0.5, np.float32)
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        picture[top : top + height, left : left + width] = image
    return picture


def show_images(
    images: np.ndarray,
    columns: int = 10,
    title: str = "",
    column_labels: Sequence | None = None,
    row_labels: Sequence | None = None,
    ax: plt.Axes | None = None,
) -> plt.Axes:
    """Draws images (N, 28, 28, 1) in [0, 1] as a grid with labels on its top and left side."""
    picture = grid(images, columns)
    if ax is None:
        height, width = picture.shape
        ax = plt.figure(figsize=(0.3 + width / 42, 0.5 + height / 42)).gca()
    ax.imshow(picture, vmin=0, vmax=1, cmap="gray", interpolation="nearest")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    for axis, labels in ((ax.xaxis, column_labels), (ax.yaxis, row_labels)):
        labels = [] if labels is None else [str(label) for label in labels]
        axis.set_ticks([29 * i + 13.5 for i in range(len(labels))], labels)
    ax.set_title(title)
    return ax


def live_images() -> Callable[[np.ndarray, str], None]:
    """A function show(images, title) that draws a row of images, and redraws it at every call."""
    handle = None

    def show(images: np.ndarray, title: str) -> None:
        nonlocal handle
        figure = show_images(images, columns=len(images), title=title).figure
        plt.close(figure)
        if handle is None:
            handle = display(figure, display_id=True)
        else:
            handle.update(figure)

    return show


def plot_losses(
    history: Mapping[str, Sequence[float]], title: str = "Losses", ax: plt.Axes | None = None
) -> plt.Axes:
    """Draws what `fit` recorded, epoch by epoch, with the line of a discriminator that only guesses."""
    names = {
        "d_loss_real": ("D on real pairs", BLUE, "-"),
        "d_loss_fake": ("D on fake pairs", ORANGE, "--"),
        "d_loss_mismatched": ("D on mismatched pairs", GREEN, "-."),
        "g_loss": ("G", PINK, ":"),
    }
    ax = ax or plt.figure(figsize=(7, 3)).gca()
    for name, (label, color, style) in names.items():
        if name in history:
            ax.plot(
                range(1, len(history[name]) + 1), history[name], style, color=color, label=label
            )
    ax.axhline(np.log(2), color="gray", linewidth=1, label="guessing: log 2")
    ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    ax.set(title=title, xlabel="epoch", ylabel="mean loss", ylim=(0, None))
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def save_gif(path, frames: np.ndarray, fps: float = 10, loop: int = 0, height: int = 96) -> Path:
    """Writes frames (T, 28, 28, 1), or pictures (T, H, W), of values in [0, 1] as a GIF, whole or not at all.

    fps: frames a second, at most 50, the fastest that browsers play. loop: how often it plays, 0
    for ever. height: of the GIF in pixels; the width keeps the proportions. Gives the path. Raises
    ValueError on bad frames or settings, OSError if the folder cannot be written.
    """
    path = Path(path)
    frames = np.asarray(frames, np.float32)
    if frames.ndim == 4 and frames.shape[-1] == 1:
        frames = frames[..., 0]
    if frames.ndim != 3 or not frames.size:
        raise ValueError(
            f"frames have shape {frames.shape}; a GIF needs (T, H, W) or (T, H, W, 1) with T at least 1."
        )
    if not (np.isfinite(frames).all() and frames.min() >= 0 and frames.max() <= 1):
        raise ValueError(
            f"frames range from {frames.min():g} to {frames.max():g}; a GIF needs values in [0, 1]."
        )
    if not 0 < fps <= 50:
        raise ValueError(f"fps is {fps}; it must be above 0 and at most 50.")
    if not (height > 0 and loop >= 0):
        raise ValueError(
            f"height is {height} and loop is {loop}; height must be above 0, loop 0 (for ever) or more."
        )
    if path.suffix.lower() != ".gif":
        raise ValueError(f"{path.name!r} must end in .gif.")
    size = (round(height * frames.shape[2] / frames.shape[1]), height)
    pictures = np.uint8(np.rint(frames * 255))
    pictures = np.stack(
        [Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR) for picture in pictures]
    )
    data = imageio.imwrite("<bytes>", pictures, extension=".gif", duration=1000 / fps, loop=loop)
    partial = path.with_name(f".{path.stem}.partial.gif")
    try:
        partial.write_bytes(data)
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or error
        raise OSError(
            f"cannot write {str(path)!r} ({reason}); give a path in a folder that you may write to."
        ) from error
    finally:
        if partial.exists():
            partial.unlink()
    return path


def encode_png(picture: np.ndarray) -> bytes:
    """The PNG file of a picture (H, W) of numbers in [0, 1]. Raises ValueError on NaN."""
    if not np.isfinite(picture).all():
        raise ValueError("the picture has NaN in it; the network's weights have blown up.")
    buffer = io.BytesIO()
    Image.fromarray(np.uint8(np.rint(picture * 255))).save(buffer, "png", compress_level=1)
    return buffer.getvalue()


def beside(image: np.ndarray, block: np.ndarray) -> np.ndarray:
    """An image (28, 28, 1), six times enlarged, beside a block (H, W): one picture."""
    left = enlarge(image[..., 0], 6)
    height = max(len(left), len(block))
    left, right = (np.pad(part, [(0, height - len(part)), (0, 0)]) for part in (left, block))
    return np.concatenate([left, np.full((height, 8), 0.5), right], axis=1)


def bar_chart(bars: np.ndarray) -> np.ndarray:
    """A picture (168, W) of bars, of heights (N,) in [0, 1], with their numbers below."""
    columns = np.full((len(bars), 84, 28), 0.2, np.float32)
    for i, bar in enumerate(bars):
        columns[i, 56 - round(56 * float(bar)) : 56] = 0.8
        columns[i, 56:] = _printed(i)
    return enlarge(grid(columns, columns=len(bars)), 2)


@cache
def _printed(number: int) -> np.ndarray:
    image = Image.new("L", (28, 28))
    ImageDraw.Draw(image).text((14, 14), str(number), 255, ImageFont.load_default(20), anchor="mm")
    return np.float32(image) / 255


def enlarge(picture: np.ndarray, times: int) -> np.ndarray:
    """The picture (H, W) with every pixel repeated: (times · H, times · W)."""
    return picture.repeat(times, axis=0).repeat(times, axis=1)


class _SourceStyle(Style):
    """Colors that read on a white page and on a dark one."""

    styles = {
        Keyword: f"bold {BLUE}",
        String: GREEN,
        Comment: "italic #808080",
        Name.Decorator: RED,
    }


def show_source(*things) -> None:
    """Shows the source code of functions or classes, colored, below a notebook's cell."""
    formatter = HtmlFormatter(
        noclasses=True, nobackground=True, prestyles="font-family: monospace", style=_SourceStyle
    )
    for thing in things:
        source = textwrap.dedent(inspect.getsource(thing)).rstrip()
        page = highlight(source, PythonLexer(), formatter)
        display({"text/html": page, "text/plain": source}, raw=True)
