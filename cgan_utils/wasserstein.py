"""Training with a limit on D's slope: the Wasserstein GAN with gradient penalty, and lazy R1."""

import keras
import tensorflow as tf

from .checks import check_number, check_whole
from .fitting import checked
from .losses import gradient_penalty, r1_penalty
from .training import ConditionalGAN

PENALTIES = ("gradient", "r1", None)


@keras.saving.register_keras_serializable("cgan_utils")
class PenalizedGAN(ConditionalGAN):
    """A ConditionalGAN whose D also pays for its slope, and may take several steps for each of G's.

    As compiled by default it is a Wasserstein GAN with gradient penalty (WGAN-GP, Gulrajani et al.
    2017, arXiv 1704.00028). A lazy R1 penalty (Karras et al. 2020, arXiv 1912.04958) is
    `compile(..., game="non-saturating", penalty="r1", penalty_weight=1, penalty_every=16,
    critic_steps=1)`.
    """

    def compile(
        self,
        d_optimizer: keras.optimizers.Optimizer,
        g_optimizer: keras.optimizers.Optimizer,
        game: str = "wasserstein",
        mismatched_weight: float = 0.0,
        fresh_fakes: bool = False,
        penalty: str | None = "gradient",
        penalty_weight: float = 10.0,
        penalty_every: int = 1,
        critic_steps: int = 5,
    ):
        """Set what ConditionalGAN.compile sets, the penalty ("gradient", "r1" or None), its weight.

        penalty_every: D's steps from one penalty to the next; each weighs that many times as much.
        critic_steps: D's steps for each step of G; every batch is cut into as many slices, one for
        each step of D, and G's step asks for the labels of the last. Raises ValueError for another
        penalty, a negative weight, and numbers of steps that are not whole or below 1.
        """
        if penalty not in PENALTIES:
            allowed = ", ".join(map(repr, PENALTIES))
            raise ValueError(f"penalty is {penalty!r}; it must be one of {allowed}.")
        penalty_weight = check_number("penalty_weight", penalty_weight, 0)
        penalty_every = check_whole("penalty_every", penalty_every, 1)
        critic_steps = check_whole("critic_steps", critic_steps, 1)
        super().compile(d_optimizer, g_optimizer, game, mismatched_weight, fresh_fakes)
        self.penalty, self.penalty_weight = penalty, penalty_weight
        self.penalty_every, self.critic_steps = penalty_every, critic_steps

    def train_step(self, data):
        images, rows = data[:2]
        with checked(images, rows, self.condition):
            slices = (tf.split(part, self.critic_steps) for part in (images, rows))
            for x, y in zip(*slices, strict=True):
                fakes, tape = self.draw_fakes(y)
                self.discriminator_step(x, y, fakes)
            if self.fresh_fakes:
                fakes, tape = self.draw_fakes(y, "generator")
            self.generator_step(y, fakes, tape)
        return self.losses_so_far()

    def d_loss(self, pairs, training=True):
        """Give what D minimizes: the loss of ConditionalGAN, and in training the penalty."""
        loss = super().d_loss(pairs, training)
        return loss + self.lazy_penalty(pairs) if training and self.penalty else loss

    def lazy_penalty(self, pairs):
        """Give the penalty with its weight at every penalty_every-th step, and 0 at the others."""
        (images, rows), (fakes, _), *_ = pairs

        def penalty():
            if self.penalty == "r1":
                return r1_penalty(self.discriminator, images, rows)
            # Latents and wrong labels have seeds from 0 up.
            seed = self.replica_seed(-1 - self.seed, self.d_optimizer.iterations)
            return gradient_penalty(self.discriminator, images, fakes, rows, seed)

        due = self.d_optimizer.iterations % self.penalty_every == 0
        weight = self.penalty_weight * self.penalty_every
        return tf.cond(due, lambda: weight * penalty(), lambda: 0.0)

    def get_compile_config(self):
        if not self.compiled:
            return None
        names = ("penalty", "penalty_weight", "penalty_every", "critic_steps")
        return {**super().get_compile_config(), **{name: getattr(self, name) for name in names}}
