"""The networks of the generators we ship: the quick ones, made for longer training.

Trained longer, the quick recipe drew plainer digits, and its Fréchet distance grew. One plain
picture is no fault; a thousand of them are, and a D that sees one picture at a time has no way to
say so. This one is shown how different the pictures of a class are. In turn it cannot score a
single picture, which the notebooks want from theirs. G has a layer more. BENCHMARKS.md says what
each of them gives.
"""

import keras
import tensorflow as tf
from keras import layers

from .discriminator import strided_convolutions
from .generator import IMAGE_SHAPE, FusedBatchNormalization, build_generator
from .settings import plain_keras

BATCH_SIZE = 64


@keras.saving.register_keras_serializable("cgan_utils")
class ClassSpread(layers.Layer):
    """Appends a plane to feature maps (B, H, W, C): how different the images of a class are.

    It is the standard deviation, among the images of one class, of each number in the maps, and
    the mean of these: minibatch standard deviation (Karras et al. 2017, arXiv 1710.10196) within
    classes. Takes the maps and one-hot rows (B, classes). Real images, fakes and mismatched pairs
    come in one batch, `group` of each, one after the other; images of different groups are never
    compared. Raises ValueError if B is no multiple of `group`.
    """

    def __init__(self, group: int, **kwargs):
        super().__init__(**kwargs)
        self.group = group

    def call(self, x, one_hot):
        if x.shape[0] is not None and x.shape[0] % self.group:
            raise ValueError(
                f"there are {x.shape[0]} images, but this discriminator compares them in groups of "
                f"{self.group}; give a multiple of {self.group}."
            )
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

    def get_config(self):
        return {**super().get_config(), "group": self.group}


@plain_keras()
def build_patient_generator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, latent_dim: int = 64
) -> keras.Model:
    """Build the quick generator with a layer more, at full size, for finer strokes.

    It takes and gives what `build_generator` does. A step of training takes a fifth longer.
    """
    quick = build_generator(width, image_shape, latent_dim)
    x = quick.get_layer("relu_2").output
    name = f"to_{image_shape[0]}x{image_shape[1]}"
    x = layers.Conv2DTranspose(16, 4, strides=2, padding="same", use_bias=False, name=name)(x)
    x = FusedBatchNormalization(name="norm_3")(x)
    x = layers.ReLU(name="relu_3")(x)
    image = layers.Conv2D(image_shape[2], 5, padding="same", activation="sigmoid", name="image")(x)
    return keras.Model(quick.inputs, image, name="patient_generator")


@plain_keras()
def build_patient_discriminator(
    width: int = 10, image_shape: tuple[int, int, int] = IMAGE_SHAPE, group: int = BATCH_SIZE
) -> keras.Model:
    """Build the quick discriminator whose last convolution sees the spread of the class, too.

    It takes [images (B, *image_shape), one-hot rows (B, width)], where B is a multiple of `group`,
    the batch size, and gives logits (B, 1).
    """
    image = keras.Input(image_shape, name="image")
    label = keras.Input((width,), name="label")
    x = strided_convolutions(image, (1, 2))
    x = ClassSpread(group, name="class_spread")(x, label)
    features = layers.Flatten(name="features")(strided_convolutions(x, (3,)))
    embedding = layers.Dense(features.shape[1], use_bias=False, name="label_embedding")(label)
    match = layers.Dot(axes=1, name="match")([embedding, features])
    realness = layers.Dense(1, name="realness")(features)
    logit = layers.Add(name="logit")([realness, match])
    return keras.Model([image, label], logit, name="patient_discriminator")
