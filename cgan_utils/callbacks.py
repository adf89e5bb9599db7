"""Keras callbacks for watching, timing and stopping a run."""

import time
from collections.abc import Callable

import keras
import numpy as np

from .checks import check_number, check_seed
from .distribution import agreed


class Snapshots(keras.callbacks.Callback):
    """Keeps what the generator draws from the same noise, every example once, epoch by epoch.

    `images` is a list of (examples, H, W, C) arrays and `epochs` the epoch of each, the first 0,
    counted on over several calls of `fit`; `show(images, title)`, if given, is called with every
    new one.
    """

    def __init__(self, seed: int = 0, show: Callable[[np.ndarray, str], None] | None = None):
        super().__init__()
        self.seed, self.show = check_seed(seed), show
        self.images: list[np.ndarray] = []
        self.epochs: list[int] = []

    def on_train_begin(self, logs=None):
        self.before = None
        if not self.images:
            self._take(0)

    def on_epoch_begin(self, epoch, logs=None):
        if self.before is None:  # epochs of earlier fits, unless this one resumes their count
            self.before = max(0, self.epochs[-1] - epoch)

    def on_epoch_end(self, epoch, logs=None):
        self._take(self.before + epoch + 1)

    def _take(self, epoch: int):
        rows, latents = self.model.condition.examples(), self.model.draw_latents(1, self.seed)
        self.images.append(self.model.generate(rows, latents=latents))
        self.epochs.append(epoch)
        if self.show and self.model.is_chief:
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
            if self.model.is_chief:
                print(
                    f"Stopped at batch {batch + 1}: {', '.join(broken)}. One player's weights have "
                    "blown up; start again from new networks with a smaller learning rate."
                )


class TimeBudget(keras.callbacks.Callback):
    """Stops training after so many seconds on the clock, counted from the start of `fit`.

    decay: let both learning rates fall in a straight line to zero by then. Raises ValueError unless
    `seconds` is a number above 0.
    """

    def __init__(self, seconds: float, decay: bool = False):
        super().__init__()
        self.seconds, self.decay = check_number("seconds", seconds, 0, ends="(]"), decay

    def on_train_begin(self, logs=None):
        self.start = time.perf_counter()
        optimizers = self.model.d_optimizer, self.model.g_optimizer
        self.rates = [
            (optimizer, float(optimizer.learning_rate.numpy())) for optimizer in optimizers
        ]

    def on_train_batch_begin(self, batch, logs=None):
        left = max(0.0, 1 - (time.perf_counter() - self.start) / self.seconds)
        left = agreed(left, self.model.distribute_strategy)  # no machine takes a step more
        if self.decay:
            for optimizer, rate in self.rates:
                optimizer.learning_rate = rate * left
        if left == 0:
            self.model.stop_training = True
