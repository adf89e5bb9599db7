"""The recipes of this series, all that training takes but the data, and training in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from .callbacks import TimeBudget
from .checks import check_number, check_seed, check_whole
from .conditions import Classes
from .data import LabeledImages
from .discriminator import build_discriminator, build_published_discriminator
from .distribution import check_strategy, lost_machines
from .generator import build_generator, build_published_generator
from .patient import BATCH_SIZE, build_patient_discriminator, build_patient_generator
from .settings import plain_keras, seeded
from .training import ConditionalGAN
from .wasserstein import PenalizedGAN


@dataclass(frozen=True)
class Penalty:
    """What D pays for its slope: "gradient" or "r1", its weight, and at which steps of D."""

    kind: str
    weight: float
    every: int = 1


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that `train` has to know besides the data.

    The builders take the condition's width and the shape of an image. g_learning_rate: that of G
    alone; None if it is D's. decay: let the learning rates fall to zero over the budget.
    critic_steps: D's steps, of batch_size images each, for each step of G. fresh_fakes: G's step
    draws fakes of its own. classes_only: for networks that attributes do not fit.
    """

    build_generator: Callable[[int, tuple[int, int, int]], keras.Model]
    build_discriminator: Callable[[int, tuple[int, int, int]], keras.Model]
    epochs: int
    batch_size: int = 64
    game: str = "non-saturating"
    penalty: Penalty | None = None
    critic_steps: int = 1
    mismatched_weight: float = 0.0
    fresh_fakes: bool = False
    learning_rate: float = 3e-4
    g_learning_rate: float | None = None
    decay: bool = False
    beta_1: float = 0.9
    beta_2: float = 0.999
    ema_decay: float = 0.0
    classes_only: bool = False

    @plain_keras()
    def build(self, data: LabeledImages, seed: int = 0, steps: int | None = None) -> ConditionalGAN:
        """Give the untrained model, compiled, for the condition and the images of the data.

        If its learning rates fall, they reach zero after `steps` of D. Raises ValueError where the
        recipe does not fit itself or the data.
        """
        seed = check_seed(seed)
        if self.classes_only and not isinstance(data.condition, Classes):
            raise ValueError(
                f"this recipe is for classes, but the data have attributes "
                f'({", ".join(data.condition.names)}); take another one, such as "quick".'
            )
        shape = data.condition.width, data.image_shape
        with seeded(seed):  # the networks' first weights
            networks = self.build_generator(*shape), self.build_discriminator(*shape)
        critic_steps = check_whole("critic_steps", self.critic_steps, 1)
        penalized = self.penalty is not None or critic_steps > 1
        kind = PenalizedGAN if penalized else ConditionalGAN
        gan = kind(*networks, data.condition, self.ema_decay, seed)
        g_steps = steps and max(1, steps // critic_steps)
        g_rate = self.learning_rate if self.g_learning_rate is None else self.g_learning_rate
        optimizers = self._adam(self.learning_rate, steps), self._adam(g_rate, g_steps)
        names = ("game", "mismatched_weight", "fresh_fakes")
        settings = {name: getattr(self, name) for name in names}
        if penalized:
            settings |= {"critic_steps": critic_steps, "penalty": None}
        if self.penalty:
            settings |= {"penalty": self.penalty.kind, "penalty_weight": self.penalty.weight}
            settings |= {"penalty_every": self.penalty.every}
        gan.compile(*optimizers, **settings)
        return gan

    def batches(self, data: LabeledImages, seed: int = 0, first_epoch: int = 0) -> tf.data.Dataset:
        """Give batches, each for one step of G and the steps of D before it; see `data.batches`."""
        critic_steps = check_whole("critic_steps", self.critic_steps, 1)
        return data.batches(self.batch_size * critic_steps, seed, first_epoch)

    def _adam(self, rate: float, steps: int | None) -> keras.optimizers.Adam:
        rate = check_number("learning_rate", rate, 0, ends="(]")
        if self.decay and steps:
            rate = keras.optimizers.schedules.PolynomialDecay(rate, steps, end_learning_rate=0.0)
        return keras.optimizers.Adam(rate, self.beta_1, self.beta_2)


# What "quick", "sprint" and "patient" have in common
_SETTINGS = {
    "learning_rate": 3e-3,
    "decay": True,
    # No momentum and a short memory: the opponent moves, so old gradients mislead.
    "beta_1": 0.0,
    "beta_2": 0.95,
    # As many real pictures with a wrong label as fakes, in D's eyes: it has to read the label.
    "mismatched_weight": 0.5,
    # Draws from the average of about the last hundred steps.
    "ema_decay": 0.99,
}
RECIPES = {
    "published": Recipe(
        build_generator=build_published_generator,
        build_discriminator=build_published_discriminator,
        epochs=20,
        fresh_fakes=True,
    ),
    "quick": Recipe(
        build_generator=build_generator,
        build_discriminator=build_discriminator,
        epochs=16,
        # Small batches, large steps: for the same seconds, twice the updates of batches of 64.
        batch_size=32,
        **_SETTINGS,
    ),
    # For seconds: a strong limit on D's slope (notebook 08), large steps, a D that looks hard at
    # labels.
    "sprint": Recipe(
        build_generator=build_generator,
        build_discriminator=build_discriminator,
        epochs=4,
        batch_size=32,
        penalty=Penalty("r1", weight=1.0, every=8),
        **_SETTINGS | {"learning_rate": 6e-3, "mismatched_weight": 0.8},
    ),
    # What the shipped generators came from: for hours of training on all of a data set.
    "patient": Recipe(
        build_generator=build_patient_generator,
        build_discriminator=build_patient_discriminator,
        epochs=10,
        batch_size=BATCH_SIZE,
        # A limit on D's slope leaves G the time to follow (lazy R1, arXiv 1912.04958).
        penalty=Penalty("r1", weight=0.1, every=16),
        classes_only=True,
        **_SETTINGS,
    ),
}


def train(
    recipe: str | Recipe,
    data: LabeledImages,
    seed: int = 0,
    seconds: float | None = None,
    epochs: int | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int | str = 0,
    strategy: tf.distribute.Strategy | None = None,
) -> ConditionalGAN:
    """Train a ConditionalGAN by a recipe: the name of one, "quick" for example, or your own.

    The budget is the recipe's own number of epochs, or `epochs`, or `seconds` on the clock; the
    learning-rate schedule fits itself to it, and where rates fall they are spent at the end:
    compile the model anew to go on. callbacks and verbose go to Keras's `fit`. strategy:
    tf.distribute.MirroredStrategy(), for several GPUs of one machine, or
    MultiWorkerMirroredStrategy(), for several machines; they share each batch (DEVICES.md). Same
    seed, data and epochs: the same weights, on the same machine. Raises ValueError on an unknown
    recipe, budget or strategy, and where the recipe does not fit the data; ConnectionError when
    another machine no longer answers.
    """
    if isinstance(recipe, str) and recipe in RECIPES:
        recipe = RECIPES[recipe]
    if not isinstance(recipe, Recipe):
        raise ValueError(
            f"recipe is {recipe!r}; it must be one of {', '.join(map(repr, RECIPES))}, or a Recipe."
        )
    if not isinstance(data, LabeledImages):
        raise ValueError(
            f"a {type(data).__name__} is no labeled images; give what load_images gives, or "
            "LabeledImages of your own."
        )
    if seconds is not None and epochs is not None:
        raise ValueError(
            f"seconds={seconds} and epochs={epochs} are two budgets; give one of them."
        )
    epochs = check_whole("epochs", recipe.epochs if epochs is None else epochs, 1)
    batches = recipe.batches(data, seed)
    steps = epochs * len(batches) * recipe.critic_steps if seconds is None else None
    if strategy is None:
        strategy = tf.distribute.get_strategy()
    else:
        check_strategy(strategy)
    with strategy.scope(), lost_machines(strategy):
        gan = recipe.build(data, seed, steps)
    if seconds is not None:
        clock = TimeBudget(seconds, decay=recipe.decay)
        callbacks, epochs = [*callbacks, clock], 1_000_000  # the clock ends it
    gan.fit(batches, epochs=epochs, callbacks=list(callbacks), verbose=verbose)
    return gan
