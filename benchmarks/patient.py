"""The recipe of the generators we ship: the quick one, made for longer training.

Trained longer, the quick recipe drew plainer digits, and its Fréchet distance grew. One plain
picture is no fault; a thousand of them are, and a D that sees one picture at a time has no way to
say so. This one is shown how different the pictures of a class are. In turn it cannot score a
single picture, which the notebooks want from theirs. A penalty on its slope leaves G the time to
follow, and G has a layer more. BENCHMARKS.md says what each of them gives.
"""

from dataclasses import replace
from functools import partial

import keras
import tensorflow as tf
from keras import layers

import cgan_utils as cg
from cgan_utils.generator import build_pretrained_generator


class ClassSpread(layers.Layer):
    """Appends a plane to feature maps (B, H, W, C): how different the images of a class are.

    It is the standard deviation, among the images of one class, of each number in the maps, and
    the mean of these: minibatch standard deviation (Karras et al. 2017, arXiv 1710.10196) within
    classes. Real images, fakes and mismatched pairs come in one batch, `group` of each, one after
    the other; images of different groups are never compared.
    """

    def __init__(self, group: int):
        super().__init__(name="class_spread")
        self.group = group

    def call(self, x, one_hot):
        numbers = tf.reshape(x, [-1, self.group, x.shape[1] * x.shape[2] * x.shape[3]])
        members = tf.reshape(one_hot, [-1, self.group, one_hot.shape[1]])
        count = tf.reduce_sum(members, axis=1)[..., None]
        mean = tf.matmul(members, numbers, transpose_a=True) / tf.maximum(count, 1)
        squares = (numbers - tf.matmul(members, mean)) ** 2
        variance = tf.matmul(members, squares, transpose_a=True) / tf.maximum(count - 1, 1)
        # The root of 0 has no finite gradient, hence a little more than 0.
        spread = tf.reduce_mean(tf.sqrt(variance + 1e-8), axis=2, keepdims=True)
        plane = tf.reshape(tf.matmul(members, spread), [-1, 1, 1, 1])
        return tf.concat([x, tf.broadcast_to(plane, tf.shape(x[..., :1]))], axis=-1)


def build_discriminator(group: int) -> keras.Model:
    """`cg.build_discriminator`, whose last convolution sees the spread of the class, too."""
    image, label = keras.Input((28, 28, 1)), keras.Input((10,))
    x = image
    for filters, kernel in [(32, 4), (64, 4)]:
        x = layers.Conv2D(filters, kernel, strides=2, padding="same")(x)
        x = layers.LeakyReLU(0.2)(x)
    x = ClassSpread(group)(x, label)
    x = layers.Conv2D(128, 3, strides=2, padding="same")(x)
    features = layers.Flatten()(layers.LeakyReLU(0.2)(x))
    embedding = layers.Dense(features.shape[1], use_bias=False)(label)
    match = layers.Dot(axes=1)([embedding, features])
    return keras.Model([image, label], layers.Add()([layers.Dense(1)(features), match]))


class LazyR1GAN(cg.PenalizedGAN):
    """A ConditionalGAN with an R1 penalty at every 16th step of D (arXiv 1912.04958)."""

    def compile(self, d_optimizer, g_optimizer, mismatched_weight: float):
        super().compile(
            d_optimizer,
            g_optimizer,
            loss="non-saturating",
            mismatched_weight=mismatched_weight,
            penalty="r1",
            penalty_weight=0.1,
            penalty_every=16,
            critic_steps=1,
        )


BATCH_SIZE = 64
PATIENT = replace(
    cg.RECIPES["quick"],
    batch_size=BATCH_SIZE,
    build_generator=build_pretrained_generator,
    build_discriminator=partial(build_discriminator, BATCH_SIZE),
    model=LazyR1GAN,
)
