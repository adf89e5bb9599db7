"""D(x, y): is this a real image of this label? One logit, from an image and a row."""

import keras
import tensorflow as tf
from keras import layers

from .generator import IMAGE_SHAPE
from .settings import plain_keras


@keras.saving.register_keras_serializable("cgan_utils")
class LabelPlanes(layers.Layer):
    """Appends a row to an image as constant planes, one a class or attribute.

    Takes images (B, H, W, C) and rows (B, width); gives (B, H, W, C + width). With `striped=True`
    it builds the planes of the published code instead: `tf.repeat` without an axis flattens first,
    so that a label becomes a band of rows, the same in every plane.
    """

    def __init__(self, striped: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.striped = striped

    def call(self, images, one_hot):
        height, width, planes = images.shape[1], images.shape[2], one_hot.shape[1]
        shape = (tf.shape(images)[0], height, width, planes)
        one_hot = tf.cast(one_hot, images.dtype)
        if self.striped:
            planes = tf.reshape(
                tf.repeat(one_hot[:, :, None, None], repeats=[height * width]), shape
            )
        else:
            planes = tf.broadcast_to(one_hot[:, None, None, :], shape)
        return tf.concat([images, planes], axis=-1)

    def get_config(self):
        return {**super().get_config(), "striped": self.striped}


@keras.saving.register_keras_serializable("cgan_utils")
class LabelHead(layers.Layer):
    """Adds to how real an image looks how well it matches what a row asks for.

    Takes realness (B, 1), match (B, width) and rows (B, width), mixed rows too; gives logits
    (B, 1): realness + Σ row · match. Where it comes last, what lies before it has not seen the row,
    and training runs that once for a real image and its mismatched pair.
    """

    def call(self, realness, match, rows):
        return realness + tf.reduce_sum(match * rows, axis=1, keepdims=True)


def strided_convolutions(x, numbers=(1, 2, 3)):
    """Apply those of the quick discriminator's three convolutions; each halves the maps."""
    for i in numbers:
        filters, kernel = {1: (32, 4), 2: (64, 4), 3: (128, 3)}[i]
        x = layers.Conv2D(filters, kernel, strides=2, padding="same", name=f"conv_{i}")(x)
        x = layers.LeakyReLU(0.2, name=f"leaky_relu_{i}")(x)
    return x


@plain_keras()
def build_discriminator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE
) -> keras.Model:
    """Build the quick discriminator: three strided convolutions, then a projection on the row.

    It takes [images (B, *image_shape), rows (B, width)] and gives logits (B, 1). The logit is
    w·h(x) + ⟨Vy, h(x)⟩: how real the image looks, plus how well it matches the label (projection
    discriminator, Miyato and Koyama 2018, arXiv 1802.05637). V has a column for each class, so
    `match` is the second part for all of them, and the row picks its own. No batch normalization:
    real and fake images share a batch here, and its statistics would tell them apart.
    """
    image = keras.Input(image_shape, name="image")
    label = keras.Input((width,), name="label")
    features = layers.Flatten(name="features")(strided_convolutions(image))
    realness = layers.Dense(1, name="realness")(features)
    match = layers.Dense(width, use_bias=False, name="match")(features)
    logit = LabelHead(name="logit")(realness, match, label)
    return keras.Model([image, label], logit, name="discriminator")


def trunk_of(discriminator: keras.Model) -> keras.Model | None:
    """Give what a discriminator computes of the image alone, or None unless it ends in a LabelHead.

    The trunk takes images (B, *image_shape) and gives realness (B, 1) and match (B, width).
    """
    head = discriminator.layers[-1]
    if not isinstance(head, LabelHead):
        return None
    return keras.Model(discriminator.inputs[0], head.input[:2])


@plain_keras()
def build_published_discriminator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, striped: bool = False
) -> keras.Model:
    """Build the published discriminator: label planes, two convolutions, global max pooling.

    It takes [images (B, *image_shape), rows (B, width)] and gives logits (B, 1). The tutorial that
    the series grew from prints the convolutions; activations, pooling and the last layer are those
    of the Keras example that it follows (keras.io, "Conditional GAN"). `striped=True` restores the
    label planes exactly as printed, bug included.
    """
    image = keras.Input(image_shape, name="image")
    label = keras.Input((width,), name="label")
    x = LabelPlanes(striped, name="label_planes")(image, label)
    x = layers.Conv2D(64, 3, strides=2, padding="same", name="conv_1")(x)
    x = layers.LeakyReLU(0.2, name="leaky_relu_1")(x)
    x = layers.Conv2D(128, 3, strides=2, padding="same", name="conv_2")(x)
    x = layers.LeakyReLU(0.2, name="leaky_relu_2")(x)
    x = layers.GlobalMaxPooling2D(name="features")(x)
    logit = layers.Dense(1, name="logit")(x)
    return keras.Model([image, label], logit, name="published_discriminator")
