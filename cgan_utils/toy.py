"""The game on a line: an image is a single number, so that everything can be seen and computed.

The real numbers are of two classes, both normal. G shifts and stretches noise, so that its density
is known; D is a small dense network.
"""

from functools import cached_property

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .checks import check_number, check_seed, check_whole
from .conditions import one_hot
from .fitting import check_game
from .losses import GAMES, gradient_penalty
from .settings import plain_keras, seeded

CENTERS, SPREADS = np.float32([-2, 2]), np.float32([0.5, 1])  # of the real numbers, class by class
LABELS = np.repeat([0, 1], 256)  # of a batch, half and half
GRID = np.linspace(-10, 10, 2_001)  # the line
STEP = 0.01  # from one point of it to the next


def density(
    x: np.ndarray, center: np.ndarray | float, spread: np.ndarray | float = 1.0
) -> np.ndarray:
    """Give the normal density at x, never quite 0, so that it has a logarithm."""
    z = (x - center) / spread
    return np.exp(-(z**2) / 2) / (abs(spread) * np.sqrt(2 * np.pi)) + 1e-300


def densities(centers: np.ndarray, spreads: np.ndarray = (1.0, 1.0)) -> np.ndarray:
    """Give the normal densities of both classes on GRID, (2, 2001): a row for each class."""
    return np.stack([density(GRID, *pair) for pair in zip(centers, spreads, strict=True)])


def value_at_best(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Give V(D*, G), the value at D* = p / (p + q): -log 4 where p = q, 0 where they lie apart.

    p and q: real and fake densities (..., N) on a line with a point every STEP; returns (...).
    """
    return np.sum(p * np.log(p / (p + q)) + q * np.log(q / (p + q)), axis=-1) * STEP


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Give the Jensen-Shannon divergence: 0 where p = q, log 2 where they lie apart.

    p and q: densities (..., N) on a line with a point every STEP; returns (...).
    """
    m = (p + q) / 2
    return np.sum(p * np.log(p / m) + q * np.log(q / m), axis=-1) * STEP / 2


@plain_keras()
def build_generator(centers: tuple[float, float]) -> keras.Model:
    """Build G(z|y) = c_y + s_y z, which takes [noise (B, 1), rows (B, 2)] and gives numbers (B, 1).

    Its weights are one table (2, 2), a row for each class: center c_y and spread s_y, at first 1.
    """
    z, y = keras.Input((1,)), keras.Input((2,))
    table = layers.Dense(2, use_bias=False)(y)  # a one-hot row picks a row of the weights
    generator = keras.Model([z, y], table[:, :1] + table[:, 1:] * z)
    generator.set_weights([np.stack([centers, (1, 1)], axis=1)])
    return generator


@plain_keras()
def build_discriminator(activation: str, sees_label: bool) -> keras.Model:
    """Build D(x|y), which takes [numbers (B, 1), rows (B, 2)] and gives logits (B, 1)."""
    x, y = keras.Input((1,)), keras.Input((2,))
    hidden = layers.Concatenate()([x, y if sees_label else 0 * y])
    for _ in range(2):
        hidden = layers.Dense(32, activation=activation)(hidden)
    return keras.Model([x, y], layers.Dense(1)(hidden))


class LineGame:
    """Both players, their optimizers and the rules of their game.

    game: a key of `losses.GAMES`; not "auxiliary", which asks D for two outputs. penalty_weight: of
    the `gradient_penalty`; 0 for none. centers: where G starts. activation: of D's layers, a name
    that Keras knows. sees_label: if False, D judges x alone. seed: decides the first weights and
    every draw. Raises ValueError for anything else, and unless each player has a new optimizer of
    its own.
    """

    def __init__(
        self,
        d_optimizer: keras.optimizers.Optimizer,
        g_optimizer: keras.optimizers.Optimizer,
        game: str = "non-saturating",
        penalty_weight: float = 0.0,
        centers: tuple[float, float] = (0.0, 0.0),
        activation: str = "tanh",
        sees_label: bool = True,
        seed: int = 0,
    ):
        if np.shape(centers) != (2,):
            raise ValueError(f"centers are {centers!r}; give two numbers, one a class.")
        centers = [check_number("a center", center, GRID[0], GRID[-1]) for center in centers]
        self.game, self.penalty_weight = game, check_number("penalty_weight", penalty_weight, 0)
        self.seed, self.rows = check_seed(seed), tf.constant(one_hot(LABELS, 2))
        with seeded(self.seed):  # the networks' first weights
            self.generator = build_generator(centers)
            self.discriminator = build_discriminator(activation, sees_label)
        check_game(self.discriminator, game, 0, d_optimizer, g_optimizer)
        if d_optimizer.built or g_optimizer.built:
            raise ValueError("an optimizer has played before; give each player a new one.")
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        # A tf.function wants all variables made beforehand.
        d_optimizer.build(self.discriminator.trainable_variables)
        g_optimizer.build(self.generator.trainable_variables)

    @property
    def table(self) -> np.ndarray:
        """G's weights, (2, 2): a row for each class, center and spread."""
        return self.generator.get_weights()[0]

    def d_on_grid(self) -> np.ndarray:
        """Give D's logits, or a critic's scores, on GRID, (2, 2001): a row for each class."""
        x, rows = np.tile(GRID, 2)[:, None], np.repeat(np.eye(2), len(GRID), axis=0)
        return self.discriminator([np.float32(x), np.float32(rows)]).numpy().reshape(2, -1)

    def draw(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Draw the real and the fake numbers of this step, (512, 1) each, for the labels LABELS."""
        noise = tf.random.stateless_normal((2, len(LABELS), 1), self.step_seed(self.seed))
        real = CENTERS[LABELS, None] + SPREADS[LABELS, None] * noise[0]
        return real, self.generator([noise[1], self.rows])

    def step_seed(self, salt: int) -> tf.Tensor:
        """Give two integers for a draw: the salt, and how many steps there have been so far."""
        steps = self.d_optimizer.iterations + self.g_optimizer.iterations
        return tf.stack([tf.constant(salt, tf.int64), tf.cast(steps, tf.int64)])

    def d_step(self) -> None:
        """Take one step of D, while G holds still."""
        real, fake = self.draw()
        game, discriminator = GAMES[self.game], self.discriminator
        with tf.GradientTape() as tape:
            loss = game.real(discriminator([real, self.rows]))
            loss += game.fake(discriminator([fake, self.rows]))
            if self.penalty_weight:
                seed = self.step_seed(-1 - self.seed)  # the numbers have seeds from 0 up
                penalty = gradient_penalty(discriminator, real, fake, self.rows, seed)
                loss += self.penalty_weight * penalty
        weights = discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(loss, weights), weights)

    def g_gradient(self) -> tf.Tensor:
        """Give the gradient of G's loss by its table, (2, 2); D is asked, and holds still."""
        with tf.GradientTape() as tape:
            _, fake = self.draw()
            loss = GAMES[self.game].generator(self.discriminator([fake, self.rows]))
        return tape.gradient(loss, self.generator.trainable_variables[0])

    def g_step(self) -> None:
        """Take one step of G, down this gradient."""
        self.g_optimizer.apply([self.g_gradient()], self.generator.trainable_variables)

    def train_d(self, steps: int) -> None:
        """Take so many steps of D alone. Raises ValueError unless steps is a whole number."""
        self._run(tf.constant(check_whole("steps", steps, 0)), tf.constant(False))

    def play(self, turns: int) -> None:
        """Take so many turns, each a step of D and a step of G.

        Raises ValueError unless turns is a whole number.
        """
        self._run(tf.constant(check_whole("turns", turns, 0)), tf.constant(True))

    @cached_property
    def _run(self):
        """Many steps in one call, which is far faster than as many calls."""

        @tf.function
        def run(steps, g_moves):
            for _ in tf.range(steps):
                self.d_step()
                if g_moves:
                    self.g_step()

        # Called without this, TensorFlow counts the graphs of all games, and warns of so many.
        return run.get_concrete_function(tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.bool))
