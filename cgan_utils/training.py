"""Alternating updates as a Keras model with its own `train_step`."""

import os
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .data import mismatched_labels, one_hot
from .generator import Sampler
from .losses import GAMES, discriminator_loss


@keras.saving.register_keras_serializable("cgan_utils")
class ConditionalGAN(keras.Model):
    """A generator and a discriminator that train by turns: one step of D, then one step of G.

    generator takes [latents, one-hot rows] and gives images in [0, 1]; discriminator takes [images,
    one-hot rows] and gives logits (B, 1). `generate` draws from `averaged_generator`, an
    exponential moving average of the generator's weights (its use for GANs: Yazıcı et al. 2018,
    arXiv 1806.04498); ema_decay=0 makes it the generator itself. `seed` decides every latent and
    every wrong label that training draws.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        ema_decay: float = 0.99,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.averaged_generator = keras.models.clone_model(generator)
        self.averaged_generator.set_weights(generator.get_weights())
        self.sampler = Sampler(self.averaged_generator)
        self.latent_dim, self.classes = self.sampler.latent_dim, self.sampler.classes
        self.draw_latents = self.sampler.draw_latents
        self.ema_decay = ema_decay
        self.seed = seed
        names = ("d_loss", "d_loss_real", "d_loss_fake", "d_loss_mismatched", "g_loss")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        self.built = True  # both networks are; without this, Keras refuses to save

    def compile(
        self,
        d_optimizer: keras.optimizers.Optimizer,
        g_optimizer: keras.optimizers.Optimizer,
        loss: str = "non-saturating",
        mismatched_weight: float = 0.0,
    ):
        """Sets the optimizers, the game ("non-saturating" or "minimax") and the weight, in [0, 1),
        of mismatched pairs.
        """
        if loss not in GAMES:
            raise ValueError(f"loss is {loss!r}; it must be one of {', '.join(map(repr, GAMES))}.")
        if not 0 <= mismatched_weight < 1:
            raise ValueError(
                f"mismatched_weight is {mismatched_weight!r}; it must be at least 0 and below 1."
            )
        # No XLA: on a CPU its convolutions are slower, and a GPU would wait for it to compile.
        super().compile(optimizer=None, jit_compile=False)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.game, self.mismatched_weight = loss, mismatched_weight
        # Built now, so that a saved state has somewhere to go when it is loaded.
        d_optimizer.build(self.discriminator.trainable_variables)
        g_optimizer.build(self.generator.trainable_variables)

    @property
    def metrics(self):
        unused = () if self.mismatched_weight else ("d_loss_mismatched",)
        return [tracker for name, tracker in self.trackers.items() if name not in unused]

    def fit(self, batches, **settings):
        """Keras's `fit` on batches of (images, one-hot rows), which come shuffled."""
        # Asked to shuffle a dataset, which is its default, Keras 3.15 warns that it cannot.
        return super().fit(batches, shuffle=False, **settings)

    def train_step(self, data):
        images, labels = data[:2]  # `train_on_batch` adds sample weights, which have no use here
        self.discriminator_step(images, labels)
        self.generator_step(labels)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    def discriminator_step(self, images, labels):
        """One update of D on real, fake and (given a weight) mismatched pairs; G keeps its weights."""
        fakes = self.generator([self._latents("fake", labels), labels], training=True)
        with tf.GradientTape() as tape:
            d_loss = self.d_loss(images, fakes, labels)
        weights = self.discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(d_loss, weights), weights)
        self.trackers["d_loss"].update_state(d_loss)

    def d_loss(self, images, fakes, labels):
        """What D minimizes: its losses on each kind of pair, weighted and added up."""
        pairs = [(images, labels), (fakes, labels)]
        if self.mismatched_weight:
            pairs.append((images, mismatched_labels(labels, self._seed("mismatched"))))
        x, y = (tf.concat(parts, axis=0) for parts in zip(*pairs, strict=True))
        logits = self.discriminator([x, y], training=True)
        real, fake, *mismatched = tf.split(logits, len(pairs))
        game = GAMES[self.game]
        losses = [game.real(real), game.fake(fake), *map(game.fake, mismatched)]
        names = ("d_loss_real", "d_loss_fake", "d_loss_mismatched")
        for name, loss in zip(names, losses, strict=False):
            self.trackers[name].update_state(loss)
        return discriminator_loss(*losses, mismatched_weight=self.mismatched_weight)

    def generator_step(self, labels):
        """One update of G, and of its average, on the labels asked for; D keeps its weights."""
        latents = self._latents("generator", labels)
        with tf.GradientTape() as tape:
            fakes = self.generator([latents, labels], training=True)
            g_loss = GAMES[self.game].generator(self.discriminator([fakes, labels], training=True))
        weights = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        self.trackers["g_loss"].update_state(g_loss)
        steps = tf.cast(self.g_optimizer.iterations, tf.float32)
        # A young average forgets faster.
        decay = tf.minimum(self.ema_decay, (1 + steps) / (10 + steps))
        copies = self.averaged_generator.variables, self.generator.variables
        for average, weight in zip(*copies, strict=True):
            average.assign(decay * average + (1 - decay) * weight)

    def _seed(self, purpose: str):
        # From the step counts, which are saved, and not from a generator's state, which is not: a
        # resumed run draws what the uninterrupted one would have drawn.
        optimizer = self.g_optimizer if purpose == "generator" else self.d_optimizer
        salt = 3 * self.seed + ("generator", "fake", "mismatched").index(purpose)
        return tf.stack([salt, tf.cast(optimizer.iterations, tf.int32)])

    def _latents(self, purpose: str, labels):
        return tf.random.stateless_normal(
            (tf.shape(labels)[0], self.latent_dim), self._seed(purpose)
        )

    def call(self, inputs, training=False):
        return self.averaged_generator(inputs, training=training)

    def generate(self, labels, seed: int = 0, latents: np.ndarray | None = None) -> np.ndarray:
        """Images of the labels asked for, by the averaged generator; see `Sampler.generate`."""
        return self.sampler.generate(labels, seed, latents)

    def score(self, images, labels) -> np.ndarray:
        """D's logits (B,) for images (B, 28, 28, 1) and labels; above 0: real and matching."""
        pairs = [tf.convert_to_tensor(images), tf.convert_to_tensor(one_hot(labels, self.classes))]
        return self.discriminator(pairs, training=False).numpy()[:, 0]

    def save(self, filepath, overwrite: bool = True, **kwargs):
        """Writes networks, both optimizers and settings to a `.keras` file, whole or not at all."""
        path = Path(filepath)
        if path.suffix != ".keras":
            raise ValueError(
                f"{path.name!r} must end in .keras, the one format that keeps both optimizers."
            )
        partial = path.with_name(f".{path.stem}.partial.keras")
        try:
            super().save(partial, **kwargs)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path) -> "ConditionalGAN":
        """The model that `save` wrote, ready to generate or to go on training.

        Raises FileNotFoundError if there is no such file, ValueError if it is damaged or holds
        another model.
        """
        if not Path(path).is_file():
            raise FileNotFoundError(
                f"there is no file {str(path)!r}; save a model there first with gan.save(path)."
            )
        try:
            model = keras.models.load_model(path)
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{str(path)!r} cannot be read as a saved model; save it again with gan.save(path)."
            ) from error
        if not isinstance(model, cls):
            raise ValueError(f"{str(path)!r} holds a {type(model).__name__}, not a {cls.__name__}.")
        return model

    def get_config(self):
        nets = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in ("generator", "discriminator")
        }
        return {**nets, "ema_decay": self.ema_decay, "seed": self.seed}

    @classmethod
    def from_config(cls, config):
        nets = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("generator", "discriminator")
        }
        return cls(**{**config, **nets})

    def get_compile_config(self):
        optimizers = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in ("d_optimizer", "g_optimizer")
        }
        return {**optimizers, "loss": self.game, "mismatched_weight": self.mismatched_weight}

    def compile_from_config(self, config):
        optimizers = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("d_optimizer", "g_optimizer")
        }
        self.compile(**{**config, **optimizers})
