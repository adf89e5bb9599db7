"""Ways for a label into the networks, side by side: the same layers but for the way in."""

import keras
import tensorflow as tf
from keras import layers

from .discriminator import IMAGE_SHAPE, LabelPlanes, build_discriminator
from .losses import GAMES, Game

CONDITIONINGS = ("none", "planes", "striped", "embedding", "projection", "auxiliary")


def build_conditioned_discriminator(conditioning: str, classes: int = 10) -> keras.Model:
    """The quick discriminator, with the way in for the label of your choice.

    Takes [images (B, 28, 28, 1), one-hot rows (B, classes)], gives logits (B, 1). Three
    convolutions, the same for all, and before or behind them

    - "none": nothing. The label is not looked at.
    - "planes", "striped": `LabelPlanes`, right or as published, beside the image.
    - "embedding": one learned map (28, 28, 1) a class, beside the image.
    - "projection": `build_discriminator`.
    - "auxiliary": a second head, which guesses the label (AC-GAN, Odena et al. 2016, arXiv
      1610.09585). Gives (B, 2): the logit, which never sees the label, and log p(y|x). Compile with
      loss="auxiliary" and no mismatched pairs.

    Raises ValueError for any other conditioning.
    """
    if conditioning not in CONDITIONINGS:
        raise ValueError(
            f"conditioning is {conditioning!r}; it must be one of "
            f"{', '.join(map(repr, CONDITIONINGS))}."
        )
    if conditioning == "projection":
        return build_discriminator(classes)
    x = image = keras.Input(IMAGE_SHAPE, name="image")
    label = keras.Input((classes,), name="label")
    if conditioning in ("planes", "striped"):
        x = LabelPlanes(conditioning == "striped", name="label_planes")(image, label)
    elif conditioning == "embedding":
        label_map = layers.Dense(28 * 28, use_bias=False, name="label_embedding")(label)
        label_map = layers.Reshape(IMAGE_SHAPE, name="label_map")(label_map)
        x = layers.Concatenate(name="image_and_map")([image, label_map])
    for i, (filters, kernel) in enumerate([(32, 4), (64, 4), (128, 3)], 1):
        x = layers.Conv2D(filters, kernel, strides=2, padding="same", name=f"conv_{i}")(x)
        x = layers.LeakyReLU(0.2, name=f"leaky_relu_{i}")(x)
    features = layers.Flatten(name="features")(x)
    output = layers.Dense(1, name="realness")(features)
    if conditioning == "auxiliary":
        guess = layers.Dense(classes, activation="log_softmax", name="class_head")(features)
        log_likelihood = layers.Dot(axes=1, name="log_likelihood")([guess, label])
        output = layers.Concatenate(name="both_heads")([output, log_likelihood])
    return keras.Model([image, label], output, name=f"{conditioning}_discriminator")


def _with_class_loss(loss):
    """A loss on logits, plus AC-GAN's -E[log p(y|x)], which both players minimize."""
    return lambda outputs: loss(outputs[:, :1]) - tf.reduce_mean(outputs[:, 1])


GAMES["auxiliary"] = Game(*map(_with_class_loss, GAMES["non-saturating"]))


@keras.saving.register_keras_serializable("cgan_utils")
class ConditionalBatchNormalization(layers.Layer):
    """Batch normalization with a scale and a shift for each class.

    Takes feature maps (B, H, W, C) and one-hot rows (B, classes), mixed rows too; gives (B, H, W,
    C). Starts as plain normalization, scale 1 and shift 0 for all (de Vries et al. 2017, arXiv
    1707.00683; with instance normalization Dumoulin et al. 2016, arXiv 1610.07629).
    """

    def build(self, x_shape, one_hot_shape):
        channels = x_shape[-1]
        self.norm = layers.BatchNormalization(center=False, scale=False)
        self.scale = layers.Dense(channels, use_bias=False, kernel_initializer="ones")
        self.shift = layers.Dense(channels, use_bias=False, kernel_initializer="zeros")
        self.norm.build(x_shape)
        self.scale.build(one_hot_shape)
        self.shift.build(one_hot_shape)

    def call(self, x, one_hot, training=None):
        scale, shift = (table(one_hot)[:, None, None, :] for table in (self.scale, self.shift))
        return scale * self.norm(x, training=training) + shift


def build_conditional_norm_generator(classes: int = 10, latent_dim: int = 64) -> keras.Model:
    """The quick generator, but the label enters through its normalization layers alone.

    Takes [latents (B, latent_dim), one-hot rows (B, classes), mixed rows too], gives images
    (B, 28, 28, 1) in [0, 1].
    """
    latent = keras.Input((latent_dim,), name="latent")
    label = keras.Input((classes,), name="label")
    x = layers.Dense(7 * 7 * 64, use_bias=False, name="dense")(latent)
    x = layers.Reshape((7, 7, 64), name="to_7x7")(x)
    x = ConditionalBatchNormalization(name="norm_1")(x, label)
    x = layers.ReLU(name="relu_1")(x)
    x = layers.Conv2DTranspose(64, 4, strides=2, padding="same", use_bias=False, name="to_14x14")(x)
    x = ConditionalBatchNormalization(name="norm_2")(x, label)
    x = layers.ReLU(name="relu_2")(x)
    image = layers.Conv2DTranspose(
        1, 6, strides=2, padding="same", activation="sigmoid", name="to_28x28"
    )(x)
    return keras.Model([latent, label], image, name="conditional_norm_generator")
