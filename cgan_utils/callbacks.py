"""Keras callbacks for watching, timing and stopping a run."""

import time
from collections.abc import Callable

import keras
import numpy as np

from .data import LabeledImages
from .judge import Judge


class Snapshots(keras.callbacks.Callback):
    """Keeps what the generator draws from the same noise, every label once, before and after each epoch.

    `images` is a list of (classes, 28, 28, 1) arrays and `epochs` the epoch of each; `show(images,
    title)`, if given, is called with every new one.
    """

    def __init__(self, seed: int = 0, show: Callable[[np.ndarray, str], None] | None = None):
        super().__init__()
        self.seed, self.show = seed, show
        self.images: list[np.ndarray] = []
        self.epochs: list[int] = []

    def on_train_begin(self, logs=None):
        if not self.images:
            self._take(0)

    def on_epoch_end(self, epoch, logs=None):
        self._take(epoch + 1)

    def _take(self, epoch: int):
        self.images.append(
            self.model.generate(
                range(self.model.classes), latents=self.model.draw_latents(1, self.seed)
            )
        )
        self.epochs.append(epoch)
        if self.show:
            self.show(self.images[-1], f"after epoch {epoch}")


class StopOnNaN(keras.callbacks.Callback):
    """Stops training, and says why, as soon as a loss is NaN or infinite."""

    def on_train_batch_end(self, batch, logs=None):
        broken = [
            f"{name} is {float(loss)}"
            for name, loss in (logs or {}).items()
            if not np.isfinite(loss)
        ]
        if broken:
            self.model.stop_training = True
            print(
                f"Stopped at batch {batch + 1}: {', '.join(broken)}. One player's weights have blown up; "
                "start again from new networks with a smaller learning rate."
            )


class TimeBudget(keras.callbacks.Callback):
    """Stops training after so many seconds on the clock, counted from the start of `fit`.

    If `decay_from` is given, both learning rates fall from it in a straight line to zero by then.
    """

    def __init__(self, seconds: float, decay_from: float | None = None):
        super().__init__()
        self.seconds, self.decay_from = seconds, decay_from

    def on_train_begin(self, logs=None):
        self.start = time.perf_counter()

    def on_train_batch_begin(self, batch, logs=None):
        left = max(0.0, 1 - (time.perf_counter() - self.start) / self.seconds)
        if self.decay_from:
            for optimizer in (self.model.d_optimizer, self.model.g_optimizer):
                optimizer.learning_rate = self.decay_from * left
        if left == 0:
            self.model.stop_training = True


class LabelUseProbe(keras.callbacks.Callback):
    """Measures, after each epoch, how much either network makes of the label.

    label_margin: mean of D(x, y) - D(x, wrong y), in logits, on held-out images with their own and
    with a wrong label; 0 from a discriminator that ignores the label. conditional_accuracy: the
    share of `samples` generated images, the classes in turn, that the judge recognizes as asked.
    Both go into the logs, so into Keras's history, and into lists of the same names. It watches
    only: a run that is stopped or chosen by the judge can no longer be measured by it.
    """

    def __init__(
        self, held_out: LabeledImages, samples: int = 500, judge: str = "mnist", seed: int = 0
    ):
        super().__init__()
        self.held_out, self.samples, self.seed = held_out, samples, seed
        self.judge = Judge(judge)
        classes = len(held_out.class_names)
        shift = np.random.default_rng(seed).integers(1, classes, len(held_out.labels))
        self.wrong_labels = (held_out.labels + shift) % classes
        self.label_margin: list[float] = []
        self.conditional_accuracy: list[float] = []

    def on_epoch_end(self, epoch, logs):
        images, labels = self.held_out.images, self.held_out.labels
        margin = self.model.score(images, labels) - self.model.score(images, self.wrong_labels)
        wanted = np.arange(self.samples) % self.model.classes
        recognized = self.judge.recognize(self.model.generate(wanted, self.seed))
        self.label_margin.append(float(margin.mean()))
        self.conditional_accuracy.append(float((recognized == wanted).mean()))
        logs.update(
            label_margin=self.label_margin[-1], conditional_accuracy=self.conditional_accuracy[-1]
        )
