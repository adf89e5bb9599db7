"""The two recipes of this series, and training by either in one call."""

from collections.abc import Callable
from dataclasses import dataclass

import keras

from .callbacks import TimeBudget
from .data import LabeledImages
from .discriminator import build_discriminator, build_published_discriminator
from .generator import build_generator, build_published_generator
from .training import ConditionalGAN


@dataclass(frozen=True)
class Recipe:
    """Everything that `train` has to know besides the data."""

    build_generator: Callable[[], keras.Model]
    build_discriminator: Callable[[], keras.Model]
    epochs: int
    batch_size: int = 64
    learning_rate: float = 3e-4
    decay: bool = False  # let the learning rates fall to zero over the budget
    beta_1: float = 0.9
    beta_2: float = 0.999
    mismatched_weight: float = 0.0
    ema_decay: float = 0.0
    model: type[ConditionalGAN] = ConditionalGAN


RECIPES = {
    "published": Recipe(build_published_generator, build_published_discriminator, epochs=20),
    "quick": Recipe(
        build_generator,
        build_discriminator,
        epochs=16,
        # Small batches, large steps: for the same seconds, twice the updates of batches of 64.
        batch_size=32,
        learning_rate=3e-3,
        decay=True,
        # No momentum and a short memory: the opponent moves, so old gradients mislead.
        beta_1=0.0,
        beta_2=0.95,
        # As many real pictures with a wrong label as fakes, in D's eyes: it has to read the label.
        mismatched_weight=0.5,
        # Draws from the average of about the last hundred steps.
        ema_decay=0.99,
    ),
}


def train(
    recipe: str,
    data: LabeledImages,
    seed: int = 0,
    seconds: float | None = None,
    epochs: int | None = None,
    callbacks=(),
    verbose: int | str = 0,
) -> ConditionalGAN:
    """A trained ConditionalGAN by the named recipe, "quick" or "published".

    The budget is the recipe's own number of epochs, or `epochs`, or `seconds` on the clock; the
    learning-rate schedule fits itself to it. callbacks and verbose go to Keras's `fit`. Same seed,
    data and epochs: the same weights, on the same machine. Raises ValueError on an unknown recipe
    or budget.
    """
    if recipe not in RECIPES:
        raise ValueError(
            f"recipe is {recipe!r}; it must be one of {', '.join(map(repr, RECIPES))}."
        )
    settings = RECIPES[recipe]
    if seconds is not None and epochs is not None:
        raise ValueError(
            f"seconds={seconds} and epochs={epochs} are two budgets; give one of them."
        )
    if seconds is not None and not seconds > 0:
        raise ValueError(f"seconds is {seconds}; it must be above 0.")
    epochs = settings.epochs if epochs is None else epochs
    if not (isinstance(epochs, int) and epochs > 0):
        raise ValueError(f"epochs is {epochs!r}; it must be a whole number, 1 or more.")
    batches = data.batches(settings.batch_size, seed)
    rate = settings.learning_rate
    if seconds is not None:
        callbacks = [*callbacks, TimeBudget(seconds, decay_from=rate if settings.decay else None)]
        epochs = 1_000_000  # the clock ends it
        gan = untrained(settings, seed)
    else:
        gan = untrained(settings, seed, steps=epochs * len(batches))
    gan.fit(batches, epochs=epochs, callbacks=list(callbacks), verbose=verbose)
    return gan


def untrained(settings: Recipe, seed: int, steps: int | None = None) -> ConditionalGAN:
    """The recipe's model, compiled; if its learning rates fall, they reach zero after `steps`."""
    keras.utils.set_random_seed(seed)  # the networks' first weights
    gan = settings.model(
        settings.build_generator(), settings.build_discriminator(), settings.ema_decay, seed
    )
    rate = settings.learning_rate
    if settings.decay and steps:
        rate = keras.optimizers.schedules.PolynomialDecay(rate, steps, end_learning_rate=0.0)
    d_optimizer, g_optimizer = (
        keras.optimizers.Adam(rate, settings.beta_1, settings.beta_2) for _ in range(2)
    )
    gan.compile(d_optimizer, g_optimizer, mismatched_weight=settings.mismatched_weight)
    return gan
