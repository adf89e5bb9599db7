"""Play with the condition: sliders and buttons over a generator, answered at once.

A widget is a thin shell around a function draw_... from values to a picture and a sentence about
it, which works without a notebook. No pyplot here: newer kernels run callbacks on another thread,
where it breaks.
"""

import base64
import html
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import ipywidgets as widgets
import keras
import numpy as np
import tensorflow as tf
from IPython.display import display

from .checks import check_images, check_whole
from .conditions import Classes
from .interpolation import label_path, latent_directions, latent_path
from .judge import Judge
from .pictures import bar_chart, beside, encode_png, enlarge, grid, save_gif

# From values to a picture (H, W) of numbers in [0, 1] and a sentence


def draw_digit(generator, directions, label, seed, scale, *amounts) -> tuple[np.ndarray, str]:
    """Draw the label asked for, large, beside all labels from the same noise.

    The noise is scale · latent + Σ amounts · directions.
    """
    latents = scale * generator.draw_latents(1, seed) + np.float32(amounts) @ directions
    images = generator.generate(generator.condition.examples(), latents=latents)
    moved = ", ".join(f"{amount:+.1f}" for amount in amounts)
    sentence = (
        f"Label {generator.condition.names[label]}, noise {seed} × {scale:.2f}, directions {moved}"
    )
    return beside(images[label], enlarge(grid(images, columns=5), 3)), sentence


def draw_walk(generator, steps, start, end, moving, frame) -> tuple[np.ndarray, str]:
    """Draw one frame of a walk, large, beside ten frames from its first to its last."""
    rows, latents = walk(generator, steps, start, end, moving)
    chosen = [frame, *np.linspace(0, steps - 1, 10).round().astype(int)]
    images = generator.generate(rows[chosen], latents=latents[chosen])
    sentence = (
        f"Frame {frame} of 0 to {steps - 1}. Label {generator.condition.describe(rows[frame])}"
    )
    if moving != "label":
        sentence += f", {frame / (steps - 1):.0%} of the way to another noise"
    return beside(images[0], enlarge(grid(images[1:], columns=5), 3)), sentence


def draw_mixture(generator, judge, *values) -> tuple[np.ndarray, str]:
    """Draw an image of the mixed label, large, beside the judge's probability of each class.

    values: a weight for each class, then the seed of the noise.
    """
    *weights, seed = values
    if not any(weights):
        raise ValueError("all weights are 0; raise at least one of them.")
    row = np.float32(weights) / np.sum(weights)
    image = generator.generate(row, latents=generator.draw_latents(1, seed))
    seen = judge.probabilities(image)[0]
    describe = generator.condition.describe
    sentence = f"Noise {seed}. Label {describe(row)}. The judge sees {describe(seen)}"
    return beside(image[0], bar_chart(seen)), sentence


def draw_snapshot(strip, index) -> tuple[np.ndarray, str]:
    """Draw the images of one snapshot of a training run, in a row."""
    return enlarge(grid(strip.images[index]), 2), f"After epoch {strip.epochs[index]:.3g}"


def draw_scores(discriminate, images, classes, index) -> tuple[np.ndarray, str]:
    """Draw one image, large, beside D's probability that it is real and of the label, for each."""
    repeated = np.repeat(images[index : index + 1], classes, axis=0)
    logits = discriminate(repeated, np.eye(classes, dtype=np.float32)).numpy()[:, 0]
    listed = ", ".join(f"{label}: {logit:.1f}" for label, logit in enumerate(logits))
    sentence = f"Image {index}: highest for label {logits.argmax()}. D's logits: {listed}"
    return beside(images[index], bar_chart(tf.sigmoid(logits).numpy())), sentence


def walk(generator, steps: int, start: int, end: int, moving: str) -> tuple[np.ndarray, np.ndarray]:
    """Give rows (steps, width) and latents (steps, latent_dim) of a walk.

    moving: "label", "noise" or "both".
    """
    first, second = generator.draw_latents(2)
    stops = [start, start if moving == "noise" else end]
    rows = label_path(generator.condition, stops, steps)
    return rows, latent_path([first, first if moving == "label" else second], steps)


# The widgets


def explore(
    generator,
    seed: int = 0,
    directions: Sequence[str] = ("Direction 1", "Direction 2", "Direction 3"),
) -> "Panel":
    """Ask for a label, draw new noise, shrink or stretch it, move it along directions.

    generator: what load_pretrained or train gives, or a Sampler; so too in the next two functions.
    seed: of the first noise, 0 to 999. directions: the names of their sliders, once it is known
    what they do; they are those along which images change most.
    """
    check_generator(generator, Classes)
    moves = latent_directions(generator, len(directions))
    row = [
        _toggles("Label", _labels(generator), min(7, generator.condition.width - 1)),
        *noise(seed),
        widgets.FloatSlider(1, min=0, max=1.5, step=0.05, description="Noise scale"),
        *(widgets.FloatSlider(0, min=-4, max=4, step=0.1, description=name) for name in directions),
    ]
    return Panel(partial(draw_digit, generator, moves), row)


def explore_interpolation(generator, steps: int = 50) -> "Panel":
    """Walk from one label, one noise, or both, to another; play the walk; save it as a GIF."""
    check_generator(generator, Classes)
    steps = check_whole("steps", steps, 2)
    labels = _labels(generator)
    choices = [
        _toggles("From", labels, min(6, generator.condition.width - 1)),
        _toggles("To", labels, 1),
        _toggles("Moving", ["label", "noise", "both"], "label"),
    ]
    frame = widgets.IntSlider(0, 0, steps - 1, description="Frame")
    play = widgets.Play(min=0, max=steps - 1, interval=100, description="Play")
    widgets.link((play, "value"), (frame, "value"))
    button = widgets.Button(description="Save GIF")
    panel = Panel(partial(draw_walk, generator, steps), [*choices, play, frame, button])

    def save() -> str:
        start, end, moving = (choice.value for choice in choices)
        rows, latents = walk(generator, steps, start, end, moving)
        images = generator.generate(rows, latents=latents)
        path, number = Path(f"{moving}_{start}_to_{end}.gif"), 1
        while path.exists():  # the reader's own file, perhaps
            number += 1
            path = path.with_stem(f"{moving}_{start}_to_{end}_{number}")
        save_gif(path, images)
        return f"Saved {steps} frames as {path}, in the folder that this notebook runs in"

    button.on_click(panel.shown(save))
    return panel


def explore_mixture(generator, seed: int = 0) -> "Panel":
    """Mix labels, a weight for each, and see what the judge makes of the image.

    seed: of the first noise, 0 to 999.
    """
    check_generator(generator, Classes)
    judge = Judge.of(generator)
    weights = [
        widgets.FloatSlider(0, min=0, max=1, step=0.05, description=name)
        for name in generator.condition.names
    ]
    for weight in weights:
        weight.orientation, weight.layout = "vertical", {"width": "48px", "height": "150px"}
    weights[3].value = weights[8].value = 0.5
    return Panel(partial(draw_mixture, generator, judge), [*weights, *noise(seed)])


def explore_training(strip) -> "Panel":
    """Scrub through a training run. strip: its Snapshots, or what `load_strip` gives."""
    count, epochs = (len(getattr(strip, name, ())) for name in ("images", "epochs"))
    if count < 2 or count != epochs:
        raise ValueError(f"the strip has {count} images, {epochs} epochs; give 2 or more of both.")
    snapshot = widgets.IntSlider(count - 1, 0, count - 1, description="Snapshot")
    return Panel(partial(draw_snapshot, strip), [snapshot])


def explore_discriminator(gan, images: np.ndarray) -> "Panel":
    """See what D says to one of the images (2 or more, H, W, C) in [0, 1] with each label.

    gan: a ConditionalGAN for classes, or a discriminator alone. Raises ValueError for images that
    D does not take.
    """
    network = getattr(gan, "discriminator", gan)
    if not isinstance(network, keras.Model) or len(network.inputs[0].shape) != 4:
        raise ValueError(
            f"a {type(gan).__name__} is no discriminator; give a ConditionalGAN, or the network."
        )
    if not isinstance(getattr(gan, "condition", None), Classes | None):
        raise ValueError(
            f"this discriminator is asked about attributes ({', '.join(gan.condition.names)}); "
            "this widget asks about classes."
        )
    if getattr(gan, "game", None) == "wasserstein":
        raise ValueError("this is a critic, whose scores are no probabilities; give another GAN.")
    images = check_images(images, shape=tuple(network.inputs[0].shape[1:]), least=2)
    discriminate = tf.function(lambda x, y: network([x, y], training=False))
    draw = partial(draw_scores, discriminate, images, network.inputs[1].shape[1])
    return Panel(draw, [widgets.IntSlider(0, 0, len(images) - 1, description="Image")])


class Panel(widgets.VBox):
    """A row of controls, a picture, and its state as a sentence; any change is drawn at once.

    draw takes the values of the controls in the row, in order, and gives a picture and a sentence.
    """

    def __init__(self, draw: Callable, row: Sequence[widgets.Widget]):
        self.draw = draw
        self.controls = [w for w in row if not isinstance(w, widgets.Button | widgets.Play)]
        self.picture, self.sentence = widgets.Image(format="png"), widgets.HTML()
        self.busy = threading.RLock()  # events may come from two threads
        self.sentence.value = self.redraw()  # warms up; what cannot draw raises here and now
        for control in self.controls:
            control.observe(self.shown(self.redraw), "value")
        wrapped = {"display": "flex", "flex_flow": "row wrap", "align_items": "center"}
        children = [widgets.Box(row, layout=wrapped), self.picture, self.sentence]
        super().__init__(children, layout={"align_items": "flex-start"})

    def redraw(self) -> str:
        """Draw the picture for the values that the controls have now, and give the sentence."""
        picture, sentence = self.draw(*(control.value for control in self.controls))
        self.picture.value = encode_png(picture)
        return sentence

    def shown(self, work: Callable[[], str]) -> Callable:
        """Give a handler of events that does the work and shows its sentence, or its error."""

        def handle(_) -> None:
            with self.busy:
                try:
                    sentence = work()
                except Exception as error:
                    sentence = f"{type(error).__name__}: {error}"
                self.sentence.value = html.escape(sentence, quote=False)

        return handle

    def still(self) -> bytes:
        """Give the PNG file for pages that show no widgets."""
        return self.picture.value

    def _ipython_display_(self, **_) -> None:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        still = base64.b64encode(self.still()).decode()
        data = {"application/vnd.jupyter.widget-view+json": view, "image/png": still}
        display({**data, "text/plain": html.unescape(self.sentence.value)}, raw=True)


# Parts


def _labels(generator) -> list[tuple[str, int]]:
    """The classes as options: what is read, and the index behind it."""
    return [(name, label) for label, name in enumerate(generator.condition.names)]


def _toggles(description: str, options: Sequence, value) -> widgets.ToggleButtons:
    style = {"button_width": "auto", "description_width": "initial"}
    look = {"description": description, "style": style, "layout": {"width": "max-content"}}
    return widgets.ToggleButtons(options=list(options), value=value, **look)


def noise(first: int) -> tuple[widgets.BoundedIntText, widgets.Button]:
    """The seed of the noise, and a button for the next one."""
    first = check_whole("seed", first, 0, 999)
    seed = widgets.BoundedIntText(
        first, min=0, max=999, description="Noise", layout={"width": "160px"}
    )
    button = widgets.Button(description="New noise")

    def count_up(_) -> None:
        seed.value = (seed.value + 1) % (seed.max + 1)

    button.on_click(count_up)
    return seed, button


def check_generator(generator, kind: type) -> None:
    """Raise unless this is a generator for widgets whose condition is of this kind."""
    if not hasattr(generator, "draw_latents"):
        raise TypeError(
            f"a {type(generator).__name__} is no generator for widgets; give what load_pretrained "
            "or train gives, or wrap a network in Sampler(network)."
        )
    if not isinstance(generator.condition, kind):
        asked, asks = "classes", "attributes"
        if kind is Classes:
            asked, asks = asks, asked
        raise ValueError(
            f"this generator is asked for {asked} ({', '.join(generator.condition.names)}); "
            f"this widget asks for {asks}."
        )
