"""The two-player game as formulas on logits: the value function and what each player minimizes.

D outputs a logit l; its probability that a pair is real is sigmoid(l). Everything is written with
softplus, since log sigmoid(l) = -softplus(-l) and log(1 - sigmoid(l)) = -softplus(l): exact where a
sigmoid followed by a logarithm would underflow. A Wasserstein critic has the same networks, but its
output is a plain score; what limits its slope, the penalties, comes last.
"""

from collections.abc import Callable
from typing import NamedTuple

import keras
import tensorflow as tf


def value(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """V(D, G) = E[log D(x|y)] + E[log(1 - D(G(z|y)))]: D maximizes it, G minimizes it.

    At most 0; -log 4 when D answers 1/2 everywhere (Goodfellow et al. 2014, arXiv 1406.2661).
    """
    return tf.reduce_mean(-tf.nn.softplus(-real_logits)) + tf.reduce_mean(
        -tf.nn.softplus(fake_logits)
    )


def real_loss(real_logits: tf.Tensor) -> tf.Tensor:
    """-E[log D(x|y)]: what D pays for doubting real pairs. log 2 at D = 1/2."""
    return tf.reduce_mean(tf.nn.softplus(-real_logits))


def fake_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """-E[log(1 - D(·|y))]: what D pays for believing fake or mismatched pairs. log 2 at D = 1/2."""
    return tf.reduce_mean(tf.nn.softplus(fake_logits))


def discriminator_loss(
    real: tf.Tensor,
    fake: tf.Tensor,
    mismatched: tf.Tensor | float = 0.0,
    mismatched_weight: float = 0.0,
) -> tf.Tensor:
    """D's loss from its parts: real + (1 - weight) · fake + weight · mismatched.

    With weight 0 it is -V(D, G). The mismatched part is `fake_loss` on real images with a wrong
    label (matching-aware discriminator, Reed et al. 2016, arXiv 1605.05396, weight 0.5).
    """
    return real + (1 - mismatched_weight) * fake + mismatched_weight * mismatched


def saturating_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """E[log(1 - D(G(z|y)))]: G's side of V. Its gradient dies where D is sure of a fake."""
    return -tf.reduce_mean(tf.nn.softplus(fake_logits))


def non_saturating_loss(fake_logits: tf.Tensor) -> tf.Tensor:
    """-E[log D(G(z|y))]: the same fixed point, and a strong gradient just where G is losing."""
    return tf.reduce_mean(tf.nn.softplus(-fake_logits))


def wasserstein_real_loss(scores: tf.Tensor) -> tf.Tensor:
    """-E[D(x|y)]: what a critic pays for low scores of real pairs. On fakes: what G pays."""
    return -tf.reduce_mean(scores)


def wasserstein_fake_loss(scores: tf.Tensor) -> tf.Tensor:
    """E[D(·|y)]: what a critic pays for high scores of fake or mismatched pairs."""
    return tf.reduce_mean(scores)


def with_class_loss(loss: Callable[[tf.Tensor], tf.Tensor]) -> Callable[[tf.Tensor], tf.Tensor]:
    """Make a loss on logits one on [logit, log p(y|x)], (B, 2), that adds -E[log p(y|x)].

    Both players of an auxiliary classifier GAN minimize that (Odena et al. 2016, arXiv 1610.09585).
    """
    return lambda outputs: loss(outputs[:, :1]) - tf.reduce_mean(outputs[:, 1])


class Game(NamedTuple):
    """What each player minimizes, as functions of D's outputs (B, `outputs`)."""

    real: Callable[[tf.Tensor], tf.Tensor]
    fake: Callable[[tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]
    outputs: int = 1


NON_SATURATING = Game(real_loss, fake_loss, non_saturating_loss)
GAMES = {
    "minimax": Game(real_loss, fake_loss, saturating_loss),
    "non-saturating": NON_SATURATING,
    "wasserstein": Game(wasserstein_real_loss, wasserstein_fake_loss, wasserstein_real_loss),
    "auxiliary": Game(*map(with_class_loss, NON_SATURATING[:3]), outputs=2),
}


def squared_slopes(discriminator: keras.Model, x: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """|∇D(x|y)|², the gradient taken by x: (B,), for x (B, ...) and rows (B, width)."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = discriminator([x, labels], training=True)
    gradients = tape.gradient(scores, x)  # of the sum; each score depends on its own x alone
    return tf.reduce_sum(gradients**2, axis=list(range(1, gradients.shape.rank)))


def gradient_penalty(
    discriminator: keras.Model, real: tf.Tensor, fake: tf.Tensor, labels: tf.Tensor, seed: tf.Tensor
) -> tf.Tensor:
    """E[(|∇D(x̂|y)| - 1)²] at mixtures x̂ = ε·x + (1 - ε)·G(z|y), both of the same label y.

    ε, one a pair, is uniform in [0, 1) and drawn from `seed`, two integers. 0 where the slope is 1
    all the way, as the best critic's is (Gulrajani et al. 2017, arXiv 1704.00028, weight 10).
    """
    shape = [tf.shape(real)[0]] + [1] * (real.shape.rank - 1)
    epsilon = tf.random.stateless_uniform(shape, seed)
    slopes = squared_slopes(discriminator, epsilon * real + (1 - epsilon) * fake, labels)
    # The root of 0 has no finite gradient, hence a little more than 0.
    return tf.reduce_mean((tf.sqrt(slopes + 1e-12) - 1) ** 2)


def r1_penalty(discriminator: keras.Model, real: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """½ E[|∇D(x|y)|²] at real pairs: D shall be flat where the data is.

    Mescheder et al. 2018, arXiv 1801.04406.
    """
    return tf.reduce_mean(squared_slopes(discriminator, real, labels)) / 2
