"""Training with a limit on D's slope: the Wasserstein GAN with gradient penalty, and the lazy R1 penalty."""

import keras
import tensorflow as tf

from .losses import gradient_penalty, r1_penalty
from .training import ConditionalGAN

PENALTIES = ("gradient", "r1")


@keras.saving.register_keras_serializable("cgan_utils")
class PenalizedGAN(ConditionalGAN):
    """A ConditionalGAN whose D also pays for its slope, and may take several steps for each of G's.

    As compiled by default it is a Wasserstein GAN with gradient penalty (WGAN-GP, Gulrajani et al.
    2017, arXiv 1704.00028). A lazy R1 penalty (Karras et al. 2020, arXiv 1912.04958) is
    `compile(..., loss="non-saturating", penalty="r1", penalty_weight=1, penalty_every=16,
    critic_steps=1)`.
    """

    def compile(
        self,
        d_optimizer: keras.optimizers.Optimizer,
        g_optimizer: keras.optimizers.Optimizer,
        loss: str = "wasserstein",
        mismatched_weight: float = 0.0,
        penalty: str = "gradient",
        penalty_weight: float = 10.0,
        penalty_every: int = 1,
        critic_steps: int = 5,
    ):
        """Sets what ConditionalGAN.compile sets, the penalty ("gradient" or "r1") and its weight.

        penalty_every: D's steps from one penalty to the next; each weighs that many times as much.
        critic_steps: D's steps for each step of G.
        """
        if penalty not in PENALTIES:
            allowed = ", ".join(map(repr, PENALTIES))
            raise ValueError(f"penalty is {penalty!r}; it must be one of {allowed}.")
        if not penalty_weight >= 0:
            raise ValueError(f"penalty_weight is {penalty_weight!r}; it must be at least 0.")
        for name, count in (("penalty_every", penalty_every), ("critic_steps", critic_steps)):
            if not (isinstance(count, int) and count > 0):
                raise ValueError(f"{name} is {count!r}; it must be a whole number, 1 or more.")
        super().compile(d_optimizer, g_optimizer, loss, mismatched_weight)
        self.penalty, self.penalty_weight = penalty, penalty_weight
        self.penalty_every, self.critic_steps = penalty_every, critic_steps

    def train_step(self, data):
        images, labels = data[:2]
        self.discriminator_step(images, labels)
        turn_of_g = self.d_optimizer.iterations % self.critic_steps == 0
        tf.cond(turn_of_g, lambda: self.generator_step(labels), lambda: None)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    def d_loss(self, images, fakes, labels):
        """What D minimizes: the loss of ConditionalGAN, and the penalty."""
        return super().d_loss(images, fakes, labels) + self.lazy_penalty(images, fakes, labels)

    def lazy_penalty(self, images, fakes, labels):
        """The penalty with its weight at every penalty_every-th step, and 0 at the others."""

        def penalty():
            if self.penalty == "r1":
                return r1_penalty(self.discriminator, images, labels)
            # Latents and wrong labels have seeds from 0 up.
            seed = tf.stack([-1 - self.seed, tf.cast(self.d_optimizer.iterations, tf.int32)])
            return gradient_penalty(self.discriminator, images, fakes, labels, seed)

        due = self.d_optimizer.iterations % self.penalty_every == 0
        weight = self.penalty_weight * self.penalty_every
        return tf.cond(due, lambda: weight * penalty(), lambda: 0.0)

    def get_compile_config(self):
        names = ("penalty", "penalty_weight", "penalty_every", "critic_steps")
        return {**super().get_compile_config(), **{name: getattr(self, name) for name in names}}
