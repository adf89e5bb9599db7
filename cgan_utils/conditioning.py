"""Ways for a label into the networks, side by side: the same layers but for the way in."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import keras
from keras import layers

from .discriminator import LabelPlanes, strided_convolutions
from .generator import IMAGE_SHAPE, DepthToSpace, quarter_size
from .recipes import RECIPES, Recipe
from .settings import plain_keras


@plain_keras()
def build_conditioned_discriminator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, *, way_in: Callable
) -> keras.Model:
    """Build the quick discriminator with another way in for the row, beside the image.

    It takes [images (B, *image_shape), rows (B, width)] and gives logits (B, 1). way_in(image, row)
    gives what the three convolutions see.
    """
    image = keras.Input(image_shape, name="image")
    label = keras.Input((width,), name="label")
    features = layers.Flatten(name="features")(strided_convolutions(way_in(image, label)))
    return keras.Model([image, label], layers.Dense(1, name="realness")(features))


def no_way(image, label):
    """Leave the image as it is: the row is not looked at."""
    return image


def label_planes(image, label, striped: bool = False):
    """Put `LabelPlanes`, right or as published, beside the image."""
    return LabelPlanes(striped, name="label_planes")(image, label)


def label_map(image, label):
    """Put one learned map (H, W, 1) beside the image: an embedding of the row."""
    height, width, _ = image.shape[1:]
    plane = layers.Dense(height * width, use_bias=False, name="label_embedding")(label)
    plane = layers.Reshape((height, width, 1), name="label_map")(plane)
    return layers.Concatenate(name="image_and_map")([image, plane])


@plain_keras()
def build_auxiliary_discriminator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE
) -> keras.Model:
    """Build the quick discriminator with a second head, which guesses the class.

    It takes [images (B, *image_shape), one-hot rows (B, width)] and gives (B, 2): the logit, which
    never sees the label, and log p(y|x) (AC-GAN, Odena et al. 2016, arXiv 1610.09585). Its game is
    "auxiliary", without mismatched pairs.
    """
    image = keras.Input(image_shape, name="image")
    label = keras.Input((width,), name="label")
    features = layers.Flatten(name="features")(strided_convolutions(image))
    realness = layers.Dense(1, name="realness")(features)
    guess = layers.Dense(width, activation="log_softmax", name="class_head")(features)
    log_likelihood = layers.Dot(axes=1, name="log_likelihood")([guess, label])
    both = layers.Concatenate(name="both_heads")([realness, log_likelihood])
    return keras.Model([image, label], both, name="auxiliary_discriminator")


@keras.saving.register_keras_serializable("cgan_utils")
class ConditionalBatchNormalization(layers.Layer):
    """Batch normalization with a scale and a shift for each class.

    Takes feature maps (B, H, W, C) and rows (B, width), mixed rows too; gives (B, H, W, C). Starts
    as plain normalization, scale 1 and shift 0 for all (de Vries et al. 2017, arXiv 1707.00683;
    with instance normalization Dumoulin et al. 2016, arXiv 1610.07629).
    """

    @plain_keras()
    def build(self, x_shape, one_hot_shape):
        channels = x_shape[-1]
        self.norm = layers.BatchNormalization(center=False, scale=False)
        self.scale = layers.Dense(channels, use_bias=False, kernel_initializer="zeros")
        self.shift = layers.Dense(channels, use_bias=False, kernel_initializer="zeros")
        self.norm.build(x_shape)
        self.scale.build(one_hot_shape)
        self.shift.build(one_hot_shape)

    def call(self, x, one_hot, training=None):
        scale, shift = (table(one_hot)[:, None, None, :] for table in (self.scale, self.shift))
        return (1 + scale) * self.norm(x, training=training) + shift


@plain_keras()
def build_conditional_norm_generator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, latent_dim: int = 64
) -> keras.Model:
    """Build the quick generator, but the row enters through its normalization layers alone.

    It takes [latents (B, latent_dim), rows (B, width), mixed rows too] and gives images
    (B, *image_shape) in [0, 1].
    """
    rows, columns = quarter_size(image_shape)
    latent = keras.Input((latent_dim,), name="latent")
    label = keras.Input((width,), name="label")
    x = layers.Dense(rows * columns * 64, use_bias=False, name="dense")(latent)
    x = layers.Reshape((rows, columns, 64), name="to_quarter")(x)
    x = ConditionalBatchNormalization(name="norm_1")(x, label)
    x = layers.ReLU(name="relu_1")(x)
    x = layers.Conv2DTranspose(64, 4, strides=2, padding="same", use_bias=False, name="to_half")(x)
    x = ConditionalBatchNormalization(name="norm_2")(x, label)
    x = layers.ReLU(name="relu_2")(x)
    maps = 4 * image_shape[2]
    x = layers.Conv2D(maps, 3, padding="same", activation="sigmoid", name="four_maps")(x)
    image = DepthToSpace(name="to_full")(x)
    return keras.Model([latent, label], image, name="conditional_norm_generator")


def _beside(way_in: Callable, **settings) -> Recipe:
    build = partial(build_conditioned_discriminator, way_in=way_in)
    return replace(RECIPES["quick"], build_discriminator=build, **settings)


# The quick recipe with one way in after the other. Without a way into D there is nothing that
# mismatched pairs could teach.
WAYS: dict[str, Recipe] = {
    "none": _beside(no_way, mismatched_weight=0.0),
    "planes": _beside(label_planes),
    "striped": _beside(partial(label_planes, striped=True)),
    "embedding": _beside(label_map),
    "projection": RECIPES["quick"],
    "auxiliary": replace(
        RECIPES["quick"],
        build_discriminator=build_auxiliary_discriminator,
        game="auxiliary",
        mismatched_weight=0.0,
        classes_only=True,
    ),
    "conditional norm": replace(RECIPES["quick"], build_generator=build_conditional_norm_generator),
}
