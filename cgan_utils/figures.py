"""Figures: images in a grid, loss curves, scores; and the package's own source, for notebooks."""

import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from pygments.style import Style
from pygments.token import Comment, Keyword, Name, String

from .pictures import grid

if TYPE_CHECKING:
    import keras

    from .attributes import AttributeScores
    from .evaluation import Scores

# Okabe and Ito's palette, told apart by color-blind readers too (jfly.uni-koeln.de/color).
BLUE, ORANGE, GREEN, PINK, SKY, RED, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442",
)  # fmt: skip


def use_style() -> None:
    """Set matplotlib's defaults for this series: colors, sizes, a light grid."""
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


def show_images(
    images: np.ndarray,
    columns: int = 10,
    title: str = "",
    column_labels: Sequence | None = None,
    row_labels: Sequence | None = None,
    ax: plt.Axes | None = None,
) -> plt.Axes:
    """Draw images (N, H, W, 1 or 3) in [0, 1] as a grid with labels on its top and left side.

    Without `ax`, in a new figure, where an image is two thirds of an inch long. Raises ValueError
    on bad images or columns.
    """
    picture = grid(images, columns)
    cell = np.shape(images)[1:3]
    if ax is None:
        height, width = (length / (1.5 * max(cell)) for length in picture.shape[:2])
        names = [] if column_labels is None else column_labels
        lines = max((str(name).count("\n") for name in names), default=0)  # beyond the first
        ax = plt.figure(figsize=(0.3 + width, 0.5 + 0.17 * lines + height)).gca()
    ax.imshow(picture, vmin=0, vmax=1, cmap="gray", interpolation="nearest")
    ax.grid(False)
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labeltop=True, labelbottom=False)
    for axis, length, labels in zip(
        (ax.yaxis, ax.xaxis), cell, (row_labels, column_labels), strict=True
    ):
        labels = [] if labels is None else [str(label) for label in labels]
        middles = [(length + 1) * i + (length - 1) / 2 for i in range(len(labels))]
        axis.set_ticks(middles, labels)
    ax.set_title(title)
    return ax


def live_images() -> Callable[[np.ndarray, str], None]:
    """Give a function show(images, title) that draws a row of images, anew at every call."""
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
    history: "Mapping[str, Sequence[float]] | keras.callbacks.History",
    title: str = "Losses",
    ax: plt.Axes | None = None,
) -> plt.Axes:
    """Draw the losses of D and G, epoch by epoch. history: what `fit` returned, or its `.history`.

    In games on logits a gray line shows a D that only guesses: log 2. A Wasserstein critic, known
    by its game or by a negative loss, has no such line. Raises ValueError if there are no losses.
    """
    names = {
        "d_loss_real": ("D on real pairs", BLUE, "-"),
        "d_loss_fake": ("D on fake pairs", ORANGE, "--"),
        "d_loss_mismatched": ("D on mismatched pairs", GREEN, "-."),
        "g_loss": ("G", PINK, ":"),
    }
    recorded = getattr(history, "history", history)
    recorded = recorded if isinstance(recorded, Mapping) else {}
    losses = {name: np.asarray(recorded[name], float) for name in names if name in recorded}
    if not any(map(len, losses.values())):
        raise ValueError(
            f"the history has no losses named {', '.join(names)}; give what `fit` of a "
            "ConditionalGAN returned, after an epoch at least."
        )
    game = getattr(getattr(history, "model", None), "game", None)
    critic = game == "wasserstein" or any(
        np.less(curve, 0).any() for name, curve in recorded.items() if name.startswith("d_loss")
    )
    ax = ax or plt.figure(figsize=(7, 3)).gca()
    for name, curve in losses.items():
        label, color, style = names[name]
        ax.plot(range(1, len(curve) + 1), curve, style, color=color, label=label)
    if not critic:
        ax.axhline(np.log(2), color="gray", linewidth=1, label="guessing: log 2")
    if not any((curve < 0).any() for curve in losses.values()):
        ax.set_ylim(bottom=0)
    ax.xaxis.set_major_locator(plt.MaxNLocator(integer=True))
    ax.set(title=title, xlabel="epoch", ylabel="mean loss")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def draw_table(
    ax: plt.Axes,
    values: np.ndarray,
    texts: np.ndarray,
    limits: tuple[float, float] = (0, 1),
    cmap: str = "Blues",
) -> None:
    """Draw a table (rows, columns) of texts, each on the color of its value within the limits.

    Where a text is empty, there is the color alone.
    """
    picture = ax.imshow(values, vmin=limits[0], vmax=limits[1], cmap=cmap, aspect="auto")
    for (row, column), text in np.ndenumerate(texts):
        if not str(text):
            continue
        red, green, blue, _ = picture.to_rgba(values[row, column])
        light = 0.3 * red + 0.59 * green + 0.11 * blue > 0.5
        ink = "black" if light else "white"
        ax.text(column, row, text, ha="center", va="center", color=ink, fontsize=8)
    ax.grid(False)


def plot_scores(scores: "Scores | AttributeScores") -> Figure:
    """Draw what `evaluate` measured, and give the figure.

    On the left the table of classes asked for and recognized; on the right, if there are measures
    of each class, bars of each of them, with a dash for real images. Of attributes: a bar for each
    binary one, with a dash for real images, and asked against seen for each continuous one.
    """
    if hasattr(scores, "agreement"):
        return _plot_agreement(scores)
    measures = scores.per_class or {}
    rows = -(-len(measures) // 2)
    size = (11 if measures else 5, 5 * max(1, rows / 3))
    figure = plt.figure(figsize=size, layout="constrained")
    left, *right = figure.subfigures(1, 2 if measures else 1, squeeze=False)[0]
    classes = range(len(scores.table))
    ax = left.subplots()
    shares = scores.table / np.maximum(1, scores.table.sum(axis=1, keepdims=True))
    draw_table(ax, shares, np.where(scores.table, scores.table.astype(str), ""))
    ax.set(xlabel="recognized", ylabel="asked for", xticks=classes, yticks=classes)
    ax.set_aspect("equal")
    left.suptitle(
        f"{scores.conditional_accuracy:.2%} of {scores.samples:,} recognized as asked; "
        f"of real images {scores.ceiling:.2%}",
        fontsize="medium",
    )
    for part in right:
        part.suptitle("Each class against real images of it", fontsize="medium")
        axes = part.subplots(rows, 2, sharex=True, squeeze=False).ravel()
        for ax, (name, values) in zip(axes, measures.items(), strict=False):
            bars = ax.bar(classes, values, color=BLUE)
            (dashes,) = ax.plot(scores.real[name], "_", color=ORANGE, markersize=9, mew=2)
            ax.set(title=name.replace("_", " "), xticks=classes)
        for ax in axes[len(measures) :]:
            ax.remove()
        for ax in axes[: len(measures)][-2:]:  # the lowest of either column
            ax.tick_params(labelbottom=True)
            ax.set_xlabel("class asked for")
        names = ["generated", "as many other real images"]
        part.legend([bars, dashes], names, loc="outside lower center", ncols=2, frameon=False)
    return figure


def _plot_agreement(scores: "AttributeScores") -> Figure:
    names = scores.condition.names
    switches = len(scores.condition.binary)
    sliders = range(switches, len(names))
    figure = plt.figure(figsize=(4 * (len(sliders) + 1), 3.6), layout="constrained")
    ax, *others = figure.subplots(1, len(sliders) + 1, squeeze=False)[0]
    found, real = (list(x.accuracy.values()) for x in (scores.agreement, scores.ceiling))
    places = range(switches)
    bars = ax.bar(places, found, color=BLUE)
    (dashes,) = ax.plot(places, real, "_", color=ORANGE, markersize=16, mew=2)
    ax.set(title="binary attributes", ylabel="share as asked", ylim=(0, 1.05))
    ax.set_xticks(places, names[:switches], rotation=30)
    ax.legend([bars, dashes], ["generated", "real"], loc="lower right")
    for ax, column in zip(others, sliders, strict=True):
        low, high = scores.condition.limits[:, column]
        ax.plot([low, high], [low, high], color="gray", linewidth=1)
        ax.plot(scores.asked[:, column], scores.seen[:, column], ".", color=BLUE, markersize=2)
        ax.set(title=names[column], xlabel="asked for", ylabel="seen by the judge")
    figure.suptitle(
        f"{scores.conditional_accuracy:.2%} of {scores.samples:,} with all binary attributes as "
        f"asked; of real images {scores.ceiling.all_binary:.2%}",
        fontsize="medium",
    )
    return figure


class _SourceStyle(Style):
    """Colors that read on a white page and on a dark one."""

    styles = {
        Keyword: f"bold {BLUE}",
        String: GREEN,
        Comment: "italic #808080",
        Name.Decorator: RED,
    }


# The names that JupyterLab, and pages made with nbconvert, give to the colors of a code cell; a
# page without them takes what stands after the comma.
_CELL_COLORS = {BLUE: "keyword", GREEN: "string", "#808080": "comment", RED: "meta"}
_SOURCE_BOX = (
    "font-family: var(--jp-code-font-family, monospace); line-height: 1.35; overflow-x: auto; "
    "padding: 8px 12px; border: 1px solid var(--jp-cell-editor-border-color, #80808080); "
    f"border-left: 4px solid {SKY}; border-radius: 4px; "
    "background: var(--jp-cell-editor-background, #8080801a)"
)


def show_source(*things) -> None:
    """Show the source code of functions or classes, framed and colored like a cell's code."""
    formatter = HtmlFormatter(
        noclasses=True, nobackground=True, prestyles=_SOURCE_BOX, style=_SourceStyle
    )
    for thing in things:
        source = textwrap.dedent(inspect.getsource(thing)).rstrip()
        page = highlight(source, PythonLexer(), formatter)
        for color, name in _CELL_COLORS.items():
            variable = f"color: var(--jp-mirror-editor-{name}-color, {color})"
            page = page.replace(f'<span style="color: {color}', f'<span style="{variable}')
        display({"text/html": page, "text/plain": source}, raw=True)
