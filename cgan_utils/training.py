"""Alternating updates as a Keras model with its own `train_step`."""

import os
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from .checks import check_images, check_number, check_seed
from .conditions import Condition
from .discriminator import trunk_of
from .distribution import (
    check_strategy,
    count_machines,
    lost_machines,
    replica_number,
    shared_out,
    synchronize_norms,
)
from .files import written_whole
from .fitting import (
    batch_size,
    check_batches,
    check_game,
    check_group,
    check_networks,
    checked,
    refusals,
)
from .losses import GAMES, discriminator_loss
from .sampler import Sampler
from .settings import plain_keras, seeded

PARTS = ("d_loss_real", "d_loss_fake", "d_loss_mismatched")


@keras.saving.register_keras_serializable("cgan_utils")
class ConditionalGAN(keras.Model):
    """A generator and a discriminator that train by turns: one step of D, then one step of G.

    generator takes [latents, rows] and gives images in [0, 1]; discriminator takes [images, rows]
    and gives logits (B, 1). condition: what can be asked for; numbered classes if None. `generate`
    draws from `averaged_generator`, an exponential moving average of the generator's weights (its
    use for GANs: Yazıcı et al. 2018, arXiv 1806.04498); ema_decay, in [0, 1), is 0 where it is the
    generator itself. `seed` decides every latent and every wrong label that training draws. Made
    under the scope of a tf.distribute strategy, it trains on several devices or machines, each with
    draws of its own (DEVICES.md). Raises ValueError where the two networks and the condition do not
    fit together.
    """

    critic_steps = 1  # steps of D for each step of G, which share a batch

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        condition: Condition | None = None,
        ema_decay: float = 0.99,
        seed: int = 0,
        **kwargs,
    ):
        check_networks(generator, discriminator, condition)
        if tf.distribute.has_strategy():
            check_strategy(tf.distribute.get_strategy())
        ema_decay = check_number("ema_decay", ema_decay, 0, 1, ends="[)")
        seed = check_seed(seed)
        super().__init__(**{**kwargs, "dtype": "float32"})
        if self.replicas > 1:
            synchronize_norms(generator)
            synchronize_norms(discriminator)
        self.generator = generator
        self.discriminator = discriminator
        self.trunk = trunk_of(discriminator)
        with seeded(seed):  # the copy's first weights, which are not kept
            self.averaged_generator = keras.models.clone_model(generator)
        self.averaged_generator.set_weights(generator.get_weights())
        self.sampler = Sampler(self.averaged_generator, condition)
        self.condition, self.image_shape = self.sampler.condition, self.sampler.image_shape
        self.latent_dim, self.draw_latents = self.sampler.latent_dim, self.sampler.draw_latents
        self.ema_decay = ema_decay
        self.seed = seed
        self.sampler.generate(self.condition.examples()[:1])  # raises where these are no images
        self.mismatched_weight = 0.0  # until it is compiled
        names = ("d_loss", *PARTS, "g_loss")
        self.trackers = {name: keras.metrics.Mean(name=name, dtype="float32") for name in names}
        self.built = True  # both networks are; without this, Keras refuses to save

    @plain_keras()
    def compile(
        self,
        d_optimizer: keras.optimizers.Optimizer,
        g_optimizer: keras.optimizers.Optimizer,
        game: str = "non-saturating",
        mismatched_weight: float = 0.0,
        fresh_fakes: bool = False,
    ):
        """Set the optimizers, the game, the weight of mismatched pairs, and who sees which fakes.

        game: a key of `losses.GAMES`. mismatched_weight: in [0, 1). fresh_fakes: whether G's step
        draws fakes of its own; else it takes those that D has just seen, which is sooner. Raises
        ValueError for another game or weight, for a discriminator that gives other outputs than the
        game wants, and unless each network has an optimizer of its own.
        """
        check_game(self.discriminator, game, mismatched_weight, d_optimizer, g_optimizer)
        # No XLA: on a CPU its convolutions are slower, and a GPU would wait for it to compile.
        super().compile(optimizer=None, jit_compile=False)
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        self.game, self.mismatched_weight = game, float(mismatched_weight)
        self.fresh_fakes = bool(fresh_fakes)
        # Built now, so that a saved state has somewhere to go when it is loaded.
        d_optimizer.build(self.discriminator.trainable_variables)
        g_optimizer.build(self.generator.trainable_variables)

    @property
    def replicas(self) -> int:
        """How many devices train, each on its share of a batch; their gradients are added up."""
        return self.distribute_strategy.num_replicas_in_sync

    @property
    def is_chief(self) -> bool:
        """Whether this machine writes and prints: the only one, or the first of several."""
        return self.distribute_strategy.extended.should_checkpoint

    @property
    def metrics(self):
        unused = () if self.mismatched_weight else ("d_loss_mismatched",)
        return [tracker for name, tracker in self.trackers.items() if name not in unused]

    def fit(self, x: tf.data.Dataset, y: None = None, **settings):
        """Run Keras's `fit` on batches of (images, rows), which come shuffled.

        validation_data: batches that are not trained on, whose losses it records too. Raises
        ValueError for anything but batches, and for a batch of other images or rows than the
        networks take.
        """
        x = self._shares(x, y, self.critic_steps)
        if settings.get("validation_data") is not None:
            settings["validation_data"] = self._shares(settings["validation_data"])
        if not self.is_chief:
            settings["verbose"] = 0
        with refusals(), lost_machines(self.distribute_strategy):
            # Asked to shuffle a dataset, which is its default, Keras 3.15 warns that it cannot.
            return super().fit(x, **{**settings, "shuffle": False})

    def evaluate(self, x: tf.data.Dataset, y: None = None, **settings):
        """Give the losses on batches of (images, rows), and leave both networks as they are."""
        if not isinstance(x, tf.distribute.DistributedDataset):  # as `fit` hands it on
            x = self._shares(x, y)
        if not self.is_chief:
            settings["verbose"] = 0
        with refusals(), lost_machines(self.distribute_strategy):
            return super().evaluate(x, **settings)

    def _shares(self, batches, y=None, critic_steps=1):
        """Give the batches, checked, or what each device takes of them if there are several."""
        check_batches(batches, self.image_shape, self.condition, y, critic_steps, self.replicas)
        size = batch_size(batches)
        check_group(self.discriminator, (size or 0) // (critic_steps * self.replicas))
        if self.replicas == 1:
            return batches
        return shared_out(batches, size, self.distribute_strategy)

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Build nothing: both networks are, and Keras would use up the first batch for it."""

    def train_step(self, data):
        images, rows = data[:2]  # `train_on_batch` adds sample weights, which have no use here
        with checked(images, rows, self.condition):
            fakes, tape = self.draw_fakes(rows)
            self.discriminator_step(images, rows, fakes)
            if self.fresh_fakes:
                fakes, tape = self.draw_fakes(rows, "generator")
            self.generator_step(rows, fakes, tape)
        return self.losses_so_far()

    def losses_so_far(self):
        """Give the losses of an epoch's batches so far, by their names, as a step returns them."""
        # Over several machines, Keras takes means of vectors.
        shape = () if count_machines(self.distribute_strategy) == 1 else (1,)
        return {mean.name: tf.reshape(mean.result(), shape) for mean in self.metrics}

    def test_step(self, data):
        images, rows = data[:2]
        with checked(images, rows, self.condition):
            fakes, _ = self.draw_fakes(rows, testing=True)
            pairs = self.pairs(images, rows, fakes, testing=True)
            self.trackers["d_loss"].update_state(self.d_loss(pairs, training=False))
            self.trackers["g_loss"].update_state(self.g_loss(rows, fakes, training=False))
        return self.losses_so_far()

    def draw_fakes(self, rows, purpose="fake", testing=False):
        """Give fakes of the rows asked for, and the tape that has recorded G."""
        latents = self.draw_training_latents(rows, purpose, testing)
        with tf.GradientTape() as tape:
            fakes = self.generator([latents, rows], training=not testing)
        return fakes, tape

    def discriminator_step(self, images, rows, fakes):
        """Take one step of D on real, fake and (given a weight) mismatched pairs; G stays."""
        pairs = self.pairs(images, rows, fakes)
        with tf.GradientTape() as tape:
            d_loss = self.d_loss(pairs)
            share = d_loss / self.replicas  # the optimizer adds up what all devices have
        weights = self.discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(share, weights), weights)
        self.trackers["d_loss"].update_state(d_loss)

    def pairs(self, images, rows, fakes, testing=False):
        """Give what D sees, as (images, rows): real, fake and (given a weight) mismatched pairs."""
        pairs = [(images, rows), (fakes, rows)]
        if self.mismatched_weight:
            seed = self.step_seed("mismatched", testing)
            pairs.append((images, self.condition.mismatched(rows, seed)))
        return pairs

    def d_loss(self, pairs, training=True):
        """Give what D minimizes: its losses on each kind of pair, weighted and added up."""
        real, fake, *mismatched = self.d_outputs(pairs, training)
        game = GAMES[self.game]
        losses = [game.real(real), game.fake(fake), *map(game.fake, mismatched)]
        for name, loss in zip(PARTS, losses, strict=False):
            self.trackers[name].update_state(loss)
        return discriminator_loss(*losses, mismatched_weight=self.mismatched_weight)

    def d_outputs(self, pairs, training=True):
        """Give D's outputs for each kind of pair, from one pass."""
        if self.trunk is None:
            x, y = (tf.concat(parts, axis=0) for parts in zip(*pairs, strict=True))
            return tf.split(self.discriminator([x, y], training=training), len(pairs))
        images = {id(x): x for x, _ in pairs}  # a mismatched pair has the image of a real one
        seen = self.trunk(tf.concat([*images.values()], axis=0), training=training)
        parts = zip(*(tf.split(part, len(images)) for part in seen), strict=True)
        seen = dict(zip(images, parts, strict=True))
        return [self.discriminator.layers[-1](*seen[id(x)], y) for x, y in pairs]

    def generator_step(self, rows, fakes, tape):
        """Take one step of G, and of its average, on its fakes of these rows; D stays."""
        with tape:  # goes on where the fakes were drawn
            g_loss = self.g_loss(rows, fakes)
            share = g_loss / self.replicas
        weights = self.generator.trainable_variables
        self.g_optimizer.apply(tape.gradient(share, weights), weights)
        self.trackers["g_loss"].update_state(g_loss)
        steps = tf.cast(self.g_optimizer.iterations, tf.float32)
        # A young average forgets faster.
        decay = tf.minimum(self.ema_decay, (1 + steps) / (10 + steps))
        copies = self.averaged_generator.variables, self.generator.variables
        for average, weight in zip(*copies, strict=True):
            average.assign(decay * average + (1 - decay) * weight)

    def g_loss(self, rows, fakes, training=True):
        """Give what G minimizes, on its fakes of these rows."""
        outputs = self.discriminator([fakes, rows], training=training)
        return GAMES[self.game].generator(outputs)

    def step_seed(self, purpose: str, testing=False):
        """Give two integers for a draw in this step: "fake", "mismatched" or "generator"."""
        # From the step counts, which are saved, and not from a generator's state, which is not: a
        # resumed run draws what the uninterrupted one would have drawn.
        # While testing, from the number of batches so far.
        count = self.trackers["g_loss"].count if testing else self.d_optimizer.iterations
        salt = 3 * self.seed + ("fake", "mismatched", "generator").index(purpose)
        return self.replica_seed(salt, count)

    def replica_seed(self, salt: int, count: tf.Tensor) -> tf.Tensor:
        """Give two integers for a draw, others on each device; on the first, salt and count."""
        # Every salt is below 3 · 2³² + 3.
        salt = salt + 2**34 * tf.cast(replica_number(), tf.int64)
        return tf.stack([salt, tf.cast(count, tf.int64)])

    def draw_training_latents(self, rows, purpose="fake", testing=False):
        """Draw latents (B, latent_dim) for the rows, new ones in each step and for each purpose."""
        shape = (tf.shape(rows)[0], self.latent_dim)
        return tf.random.stateless_normal(shape, self.step_seed(purpose, testing))

    def call(self, inputs, training=False):
        return self.averaged_generator(inputs, training=training)

    def generate(self, asked, seed: int = 0, latents: np.ndarray | None = None) -> np.ndarray:
        """Draw images of what is asked for, by the averaged generator; see `Sampler.generate`."""
        return self.sampler.generate(asked, seed, latents)

    def score(self, images, labels) -> np.ndarray:
        """Give D's logits (B,) for images (B, H, W, C) and as many labels; above 0: real, matching.

        Raises ValueError for images or labels that D cannot take.
        """
        rows = self.condition.rows(labels)
        images = check_images(images, shape=self.image_shape, count=len(rows))
        check_group(self.discriminator, len(images))
        pairs = [tf.convert_to_tensor(images), tf.convert_to_tensor(rows)]
        return self.discriminator(pairs, training=False).numpy()[:, 0]

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True, **kwargs):
        """Write networks, both optimizers and settings to a `.keras` file, whole or not at all.

        Of several machines, which all have to call it, the chief alone writes. Raises ValueError
        for another ending, FileExistsError if the file is there and `overwrite` is False,
        FileNotFoundError if its folder is missing.
        """
        if Path(filepath).suffix != ".keras":
            raise ValueError(
                f"{Path(filepath).name!r} must end in .keras, the one format that keeps both "
                "optimizers."
            )
        with tempfile.TemporaryDirectory() as scratch:
            # The losses so far, which are saved too, are sums over all machines.
            path = filepath if self.is_chief else Path(scratch, "gan.keras")
            with written_whole(path, overwrite) as partial:
                super().save(partial, **kwargs)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "ConditionalGAN":
        """Load the model that `save` wrote, ready to generate or to go on training.

        Raises FileNotFoundError if there is no such file, ValueError if it is damaged or holds
        another model.
        """
        path = Path(path).expanduser()
        if not path.is_file():
            raise FileNotFoundError(
                f"there is no file {str(path)!r}; save a model there first with gan.save(path)."
            )
        try:
            if not zipfile.is_zipfile(path):
                raise zipfile.BadZipFile("it is no zip archive, as a whole .keras file is")
            with seeded(0), lost_machines(tf.distribute.get_strategy()):
                # The seed is that of first weights, which the file's replace.
                model = keras.models.load_model(path)
        except ConnectionError:
            raise
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(
                f"{str(path)!r} cannot be read as a saved model ({_first_line(error)}); save it "
                "again with gan.save(path)."
            ) from error
        if not isinstance(model, cls):
            raise ValueError(f"{str(path)!r} holds a {type(model).__name__}, not a {cls.__name__}.")
        return model

    def get_config(self):
        parts = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in ("generator", "discriminator", "condition")
        }
        return {**parts, "ema_decay": self.ema_decay, "seed": self.seed}

    @classmethod
    def from_config(cls, config):
        parts = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("generator", "discriminator", "condition")
        }
        return cls(**{**config, **parts})

    def get_compile_config(self):
        if not self.compiled:
            return None
        optimizers = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in ("d_optimizer", "g_optimizer")
        }
        names = ("game", "mismatched_weight", "fresh_fakes")
        return {**optimizers, **{name: getattr(self, name) for name in names}}

    def compile_from_config(self, config):
        optimizers = {
            name: keras.saving.deserialize_keras_object(config[name])
            for name in ("d_optimizer", "g_optimizer")
        }
        self.compile(**{**config, **optimizers})


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
