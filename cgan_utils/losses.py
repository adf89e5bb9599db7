"""The two-player game as formulas on logits: the value function and the losses each player minimizes.

D outputs a logit l; its probability that a pair is real is sigmoid(l). Everything is written with
softplus, since log sigmoid(l) = -softplus(-l) and log(1 - sigmoid(l)) = -softplus(l): exact where a
sigmoid followed by a logarithm would underflow.
"""

from collections.abc import Callable
from typing import NamedTuple

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


class Game(NamedTuple):
    """What each player minimizes, as functions of logits."""

    real: Callable[[tf.Tensor], tf.Tensor]
    fake: Callable[[tf.Tensor], tf.Tensor]
    generator: Callable[[tf.Tensor], tf.Tensor]


GAMES = {
    "minimax": Game(real_loss, fake_loss, saturating_loss),
    "non-saturating": Game(real_loss, fake_loss, non_saturating_loss),
}
