"""The game on a line: an image is a single number, so that everything can be seen and computed.

The real numbers are of two classes, each of one normal or of two. G shifts and stretches noise, so
that its density is known; D is a small dense network.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from .checks import check_number, check_seed, check_whole
from .conditions import one_hot
from .fitting import check_game
from .losses import GAMES, discriminator_loss, gradient_penalty
from .settings import plain_keras, seeded

CENTERS, SPREADS = np.float32([-2, 2]), np.float32([0.5, 1])  # of the real numbers, class by class
# The real numbers to choose from: center and spread of every mode, as many modes a class, all
# equally likely. In the last, class 1 alone has two: those of class 0 are the same.
DATA = {
    "apart": np.stack([CENTERS, SPREADS], axis=1),
    "overlapping": np.float32([[-1, 1], [1, 1]]),
    "two modes": np.float32([[-3, 0.5], [-3, 0.5], [0, 0.5], [5, 0.5]]),
}
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
    """Give the densities of both classes on GRID, (2, 2001): a row for each class.

    centers and spreads: two numbers, of a normal for each class; or four, of two normals for each,
    equally likely.
    """
    modes = [density(GRID, *pair) for pair in zip(centers, spreads, strict=True)]
    return np.reshape(modes, (2, -1, len(GRID))).mean(axis=1)


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


def wasserstein(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Give the Wasserstein distance: how far the mass of q has to go, on average, to become p.

    p and q: densities (..., N) on a line with a point every STEP; returns (...). Past each point go
    as much as one of them has more of to its left than the other.
    """
    return np.sum(abs(np.cumsum(p - q, axis=-1)), axis=-1) * STEP**2


@plain_keras()
def build_generator(centers: tuple[float, ...]) -> keras.Model:
    """Build G(z|y) = c_y + s_y z, which takes [noise (B, 1), rows (B, N)] and gives numbers (B, 1).

    Its weights are one table (N, 2), a row for each of the centers: center c_y and spread s_y, at
    first 1. With N = 4 a class has two rows of it, and a coin, also noise, says which one draws.
    """
    z, y = keras.Input((1,)), keras.Input((len(centers),))
    table = layers.Dense(2, use_bias=False)(y)  # a one-hot row picks a row of the weights
    generator = keras.Model([z, y], table[:, :1] + table[:, 1:] * z)
    generator.set_weights([np.stack([centers, np.ones(len(centers))], axis=1)])
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
    the `gradient_penalty`; 0 for none. centers: where G starts, class by class; four numbers, two a
    class, where the data have two modes, or else both start at the same place. activation: of D's
    layers, a name that Keras knows. sees_label: if False, D judges x alone. seed: decides the first
    weights and every draw. data: a key of DATA. mismatched_weight: of real numbers with the other
    label, in [0, 1). Raises ValueError for anything else, and unless each player has a new
    optimizer of its own. `game` and `mismatched_weight` may be changed between two turns.
    """

    def __init__(
        self,
        d_optimizer: keras.optimizers.Optimizer,
        g_optimizer: keras.optimizers.Optimizer,
        game: str = "non-saturating",
        penalty_weight: float = 0.0,
        centers: tuple[float, ...] = (0.0, 0.0),
        activation: str = "tanh",
        sees_label: bool = True,
        seed: int = 0,
        data: str = "apart",
        mismatched_weight: float = 0.0,
    ):
        if not isinstance(data, str) or data not in DATA:
            raise ValueError(f"data is {data!r}; it must be one of {', '.join(map(repr, DATA))}.")
        self.data, count = DATA[data], len(DATA[data])
        if np.shape(centers) not in {(2,), (count,)}:
            asked = "two numbers, one a class" + (", or four" if count == 4 else "")
            raise ValueError(f"centers are {centers!r}; give {asked}.")
        centers = [check_number("a center", center, GRID[0], GRID[-1]) for center in centers]
        centers = np.repeat(centers, count // len(centers))
        self.game, self.penalty_weight = game, check_number("penalty_weight", penalty_weight, 0)
        self.mismatched_weight = mismatched_weight
        self.seed, self.rows = check_seed(seed), tf.constant(one_hot(LABELS, 2))
        # Which row of a table, G's and the data's, draws each number of a batch
        self.picks = tf.constant(one_hot(np.arange(len(LABELS)) * count // len(LABELS), count))
        with seeded(self.seed):  # the networks' first weights
            self.generator = build_generator(centers)
            self.discriminator = build_discriminator(activation, sees_label)
        check_game(self.discriminator, game, mismatched_weight, d_optimizer, g_optimizer)
        if d_optimizer.built or g_optimizer.built:
            raise ValueError("an optimizer has played before; give each player a new one.")
        self.d_optimizer, self.g_optimizer = d_optimizer, g_optimizer
        # A tf.function wants all variables made beforehand.
        d_optimizer.build(self.discriminator.trainable_variables)
        g_optimizer.build(self.generator.trainable_variables)
        self.graphs = {}  # of many steps in one call, one for each set of rules

    @property
    def table(self) -> np.ndarray:
        """G's weights, center and spread: a row for each class, (2, 2), or two for each, (4, 2)."""
        return self.generator.get_weights()[0]

    def d_on_grid(self) -> np.ndarray:
        """Give D's logits, or a critic's scores, on GRID, (2, 2001): a row for each class."""
        x, rows = np.tile(GRID, 2)[:, None], np.repeat(np.eye(2), len(GRID), axis=0)
        return self.discriminator([np.float32(x), np.float32(rows)]).numpy().reshape(2, -1)

    def draw(self) -> tuple[tf.Tensor, tf.Tensor]:
        """Draw the real and the fake numbers of this step, (512, 1) each, for the labels LABELS."""
        noise = tf.random.stateless_normal((2, len(LABELS), 1), self.step_seed(self.seed))
        drawn = self.picks @ self.data  # center and spread of every real number
        return drawn[:, :1] + drawn[:, 1:] * noise[0], self.generator([noise[1], self.picks])

    def step_seed(self, salt: int) -> tf.Tensor:
        """Give two integers for a draw: the salt, and how many steps there have been so far."""
        steps = self.d_optimizer.iterations + self.g_optimizer.iterations
        return tf.stack([tf.constant(salt, tf.int64), tf.cast(steps, tf.int64)])

    def d_step(self) -> None:
        """Take one step of D, while G holds still."""
        (real, fake), rows = self.draw(), self.rows
        game, discriminator, weight = GAMES[self.game], self.discriminator, self.mismatched_weight
        with tf.GradientTape() as tape:
            real_part = game.real(discriminator([real, rows]))
            fake_part = game.fake(discriminator([fake, rows]))
            mismatched_part = game.fake(discriminator([real, 1 - rows])) if weight else 0.0
            loss = discriminator_loss(real_part, fake_part, mismatched_part, weight)
            if self.penalty_weight:
                seed = self.step_seed(-1 - self.seed)  # the numbers have seeds from 0 up
                penalty = gradient_penalty(discriminator, real, fake, rows, seed)
                loss += self.penalty_weight * penalty
        weights = discriminator.trainable_variables
        self.d_optimizer.apply(tape.gradient(loss, weights), weights)

    def g_gradient(self) -> tf.Tensor:
        """Give the gradient of G's loss by its table; D is asked, and holds still."""
        with tf.GradientTape() as tape:
            _, fake = self.draw()
            loss = GAMES[self.game].generator(self.discriminator([fake, self.rows]))
        return tape.gradient(loss, self.generator.trainable_variables[0])

    def g_step(self) -> None:
        """Take one step of G, down this gradient."""
        self.g_optimizer.apply([self.g_gradient()], self.generator.trainable_variables)

    def train_d(self, steps: int) -> None:
        """Take so many steps of D alone. Raises ValueError unless steps is a whole number."""
        self._run(check_whole("steps", steps, 0), True, False)

    def train_g(self, steps: int) -> None:
        """Take so many steps of G alone. Raises ValueError unless steps is a whole number."""
        self._run(check_whole("steps", steps, 0), False, True)

    def play(self, turns: int) -> None:
        """Take so many turns, each a step of D and a step of G.

        Raises ValueError unless turns is a whole number.
        """
        self._run(check_whole("turns", turns, 0), True, True)

    def _run(self, steps: int, d_moves: bool, g_moves: bool) -> None:
        """Take many steps in one call, which is far faster than as many calls."""

        @tf.function
        def run(steps, d_moves, g_moves):
            for _ in tf.range(steps):
                if d_moves:
                    self.d_step()
                if g_moves:
                    self.g_step()

        rules = self.game, self.mismatched_weight
        if rules not in self.graphs:
            # Called without this, TensorFlow counts the graphs of all games, and warns of so many.
            kinds = [tf.TensorSpec((), kind) for kind in (tf.int32, tf.bool, tf.bool)]
            self.graphs[rules] = run.get_concrete_function(*kinds)
        self.graphs[rules](*map(tf.constant, (steps, d_moves, g_moves)))
