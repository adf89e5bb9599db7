"""Images on demand: what is asked for goes in, a NumPy array of images comes out."""

from typing import Protocol

import keras
import numpy as np
import tensorflow as tf

from .checks import check_images, check_seed, check_whole
from .conditions import Condition
from .fitting import fitting_condition, generator_shapes


class Generator(Protocol):
    """What can be measured: a condition, and `generate(asked, seed)` -> images in [0, 1].

    A Sampler is one, a ConditionalGAN too, and so is any object of your own with these two.
    """

    condition: Condition

    def generate(self, asked, seed: int = 0) -> np.ndarray: ...


class Sampler:
    """Images from a generator network that takes [latents, rows].

    condition: what can be asked for; numbered classes, as many as a row has numbers, if None.
    Raises ValueError if the network does not fit it.
    """

    def __init__(self, network: keras.Model, condition: Condition | None = None):
        self.latent_dim, width, self.image_shape = generator_shapes(network)
        self.condition = fitting_condition(condition, width, "the generator")
        self.network = network
        # Compiled now, once for every batch size: `predict` would cost far more for a few digits.
        self._draw = tf.function(
            lambda latents, rows: network([latents, rows], training=False),
            input_signature=[
                tf.TensorSpec((None, n), tf.float32) for n in (self.latent_dim, width)
            ],
        ).get_concrete_function()

    def __reduce__(self):
        return Sampler, (self.network, self.condition)  # for copies: a traced graph cannot be

    def draw_latents(self, count: int, seed: int = 0) -> np.ndarray:
        """Draw latents (count, latent_dim) float32 from the standard normal distribution."""
        count, seed = check_whole("count", count, 1), check_seed(seed)
        shape = (count, self.latent_dim)
        return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)

    def generate(self, asked, seed: int = 0, latents: np.ndarray | None = None) -> np.ndarray:
        """Draw images of what is asked for, (B, H, W, C) float32 in [0, 1].

        asked: for classes an index, several, or rows (B, width), which may mix classes; for
        attributes a dictionary of names, several, or rows. latents: (B, latent_dim), or one row
        (1, latent_dim) for all; drawn from `seed` if None. Raises ValueError for anything that the
        condition or the network cannot take.
        """
        rows = self.condition.rows(asked)
        if latents is None:
            latents = self.draw_latents(len(rows), seed)
        latents = np.asarray(latents, np.float32)
        if latents.shape not in {(len(rows), self.latent_dim), (1, self.latent_dim)}:
            raise ValueError(
                f"latents have shape {latents.shape}, but {len(rows)} labels need "
                f"({len(rows)}, {self.latent_dim}), or (1, {self.latent_dim}) to use one for all."
            )
        if not np.isfinite(latents).all():
            raise ValueError(
                "latents contain NaN or infinity; draw them with draw_latents(count, seed)."
            )
        latents = np.broadcast_to(latents, (len(rows), self.latent_dim))
        pieces = [slice(i, i + 1000) for i in range(0, len(rows), 1000)]  # bounds the memory
        images = np.concatenate(
            [self._draw(tf.constant(latents[p]), tf.constant(rows[p])).numpy() for p in pieces]
        )
        return check_images(images, "the generator's images")


def generated_images(generator: Generator, asked, seed: int, count: int) -> np.ndarray:
    """Give `count` images (N, H, W, C) of any generator, once they are known to be images."""
    images = generator.generate(asked, check_seed(seed))
    return check_images(images, "the generator's images", count=count)
