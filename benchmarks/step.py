"""A step of the quick recipe in `fit`, beside the step that it replaced.

    python benchmarks/step.py        # two minutes, on a quiet machine

The old step stands here as it was: D computed its features of a real image twice, for the pair and
for its mismatched one, G ended in a transposed convolution, and G's step drew fakes of its own. It
is timed bare, without `fit` around it, in turns with a step in `fit`; three seeds, medians.
"""

import time

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
import tensorflow as tf
from keras import layers

import common
from cgan_utils.discriminator import strided_convolutions
from cgan_utils.recipes import RECIPES
from cgan_utils.settings import seeded
from recipes import Stopwatch

QUICK = RECIPES["quick"]
ROUNDS, STEPS = 8, 25


def build_old_generator() -> keras.Model:
    """Build the generator as it was; see `build_generator`."""
    latent, label = keras.Input((64,)), keras.Input((10,))
    embedding = layers.Dense(32, use_bias=False)(label)
    x = layers.Concatenate()([latent, embedding])
    x = layers.Dense(7 * 7 * 64, use_bias=False)(x)
    x = layers.Reshape((7, 7, 64))(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2DTranspose(64, 4, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    image = layers.Conv2DTranspose(1, 6, strides=2, padding="same", activation="sigmoid")(x)
    return keras.Model([latent, label], image)


def build_old_discriminator() -> keras.Model:
    """Build the discriminator as it was: the features projected on the embedded label."""
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    features = layers.Flatten()(strided_convolutions(image))
    embedding = layers.Dense(features.shape[1], use_bias=False)(label)
    match = layers.Dot(axes=1)([embedding, features])
    return keras.Model([image, label], layers.Add()([layers.Dense(1)(features), match]))


def old_step(condition: cg.Classes, seed: int):
    """Give the step as it was, a function of images and rows."""
    with seeded(seed):
        generator, discriminator = build_old_generator(), build_old_discriminator()
        averaged = keras.models.clone_model(generator)
    rates = QUICK.learning_rate, QUICK.beta_1, QUICK.beta_2
    d_optimizer, g_optimizer = (keras.optimizers.Adam(*rates) for _ in range(2))
    d_optimizer.build(discriminator.trainable_variables)
    g_optimizer.build(generator.trainable_variables)
    means = [keras.metrics.Mean() for _ in range(5)]

    def draw(salt, rows):
        count = tf.cast(d_optimizer.iterations, tf.int64)
        latents = tf.random.stateless_normal((len(rows), 64), tf.stack([salt, count]))
        return generator([latents, rows], training=True)

    @tf.function
    def step(images, rows):
        fakes = draw(0, rows)
        wrong = condition.mismatched(rows, tf.stack([1, tf.cast(d_optimizer.iterations, tf.int64)]))
        x, y = tf.concat([images, fakes, images], 0), tf.concat([rows, rows, wrong], 0)
        with tf.GradientTape() as tape:
            real, fake, mismatched = tf.split(discriminator([x, y], training=True), 3)
            losses = [cg.real_loss(real), cg.fake_loss(fake), cg.fake_loss(mismatched)]
            losses.append(cg.discriminator_loss(*losses, mismatched_weight=0.5))
        weights = discriminator.trainable_variables
        d_optimizer.apply(tape.gradient(losses[-1], weights), weights)
        with tf.GradientTape() as tape:
            g_loss = cg.non_saturating_loss(discriminator([draw(2, rows), rows], training=True))
        weights = generator.trainable_variables
        g_optimizer.apply(tape.gradient(g_loss, weights), weights)
        for average, weight in zip(averaged.variables, generator.variables, strict=True):
            average.assign(0.99 * average + 0.01 * weight)
        for mean, loss in zip(means, [*losses, g_loss], strict=True):
            mean.update_state(loss)
        return [mean.result() for mean in means]

    return step


def measure(data: cg.LabeledImages, seed: int) -> dict[str, float]:
    """Give milliseconds of the old step, bare, and of a step in `fit`, and how they compare."""
    step, gan = old_step(data.condition, seed), QUICK.build(data, seed)
    batches = QUICK.batches(data, seed).repeat()
    images, rows = next(iter(batches))
    taken = {"old_ms": [], "in_fit_ms": []}
    for _ in range(ROUNDS):
        ends = [time.perf_counter()]
        for _ in range(STEPS):
            step(images, rows)
            ends.append(time.perf_counter())
        watch = Stopwatch()
        gan.fit(batches, steps_per_epoch=STEPS, callbacks=[watch], verbose=0)
        taken["old_ms"].extend(np.diff(ends[2:]))  # the first ones build the graph
        taken["in_fit_ms"].extend(np.diff(watch.ends[1:]))
    medians = {name: 1e3 * float(np.median(times)) for name, times in taken.items()}
    return medians | {"ratio": medians["in_fit_ms"] / medians["old_ms"]}


def main() -> None:
    common.parser(__doc__).parse_args()
    log = common.Log("step", command="python benchmarks/step.py", batch_size=QUICK.batch_size)
    data = cg.load_images("mnist", "train", "sample")
    for seed in range(3):
        log.run("steps", {"seed": seed}, lambda seed: measure(data, seed))


if __name__ == "__main__":
    main()
