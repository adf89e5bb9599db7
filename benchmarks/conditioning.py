"""Which label planes can a discriminator read? D alone, right planes against striped ones.

    python benchmarks/conditioning.py    # 40 runs of ten seconds

On the 4,000 training digits of the embedded sample. The GANs with every way in, in the same log,
come from `labs.py`.
"""

from functools import cache

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
import tensorflow as tf

import common
from cgan_utils.files import SHIPPED


@cache
def digits(split: str = "train") -> cg.LabeledImages:
    return cg.load_images("mnist", split)


def rounded(**scores) -> dict:
    return {name: np.round(value, 4).tolist() for name, value in scores.items()}


def build_matcher(trunk: str, planes: str) -> keras.Model:
    """Build the published discriminator, pooled or flattened, or the quick one, with label planes.

    planes: "planes", "striped", or "planes and rows", which adds a plane of row numbers in [0, 1].
    """
    if trunk == "quick":
        return cg.WAYS[planes].build_discriminator(10, digits().image_shape)
    network = cg.build_published_discriminator(striped=planes == "striped")
    image, label = network.inputs
    x = network.get_layer("label_planes").output
    if planes == "planes and rows":
        heights = keras.ops.linspace(0.0, 1.0, 28)[None, :, None, None]
        heights = keras.ops.broadcast_to(heights, (1, 28, 28, 1))
        x = keras.layers.Concatenate()([x, image * 0 + heights])
    for filters in (64, 128):
        x = keras.layers.Conv2D(filters, 3, strides=2, padding="same")(x)
        x = keras.layers.LeakyReLU(0.2)(x)
    pooled = trunk == "published"
    x = (keras.layers.GlobalMaxPooling2D if pooled else keras.layers.Flatten)()(x)
    return keras.Model([image, label], keras.layers.Dense(1)(x))


def train_matcher(trunk: str, planes: str, shift: int, seed: int, steps: int = 300) -> dict:
    """Train D alone to tell real pairs from mismatched ones; score it on the sample's test digits.

    shift: label y gets the planes of label (y + shift) % 10. Gives "top": the share of digits whose
    right label has the highest logit; "auc": for each label, how often a digit of it has a higher
    logit than a digit of another class, both asked as that label.
    """
    keras.utils.set_random_seed(seed)
    network, optimizer = build_matcher(trunk, planes), keras.optimizers.Adam(1e-3)

    @tf.function
    def update(images, rows, wrong):
        pairs = [tf.concat([images, images], 0), tf.roll(tf.concat([rows, wrong], 0), shift, 1)]
        with tf.GradientTape() as tape:
            real, mismatched = tf.split(network(pairs), 2)
            loss = cg.real_loss(real) + cg.fake_loss(mismatched)
        weights = network.trainable_variables
        optimizer.apply(tape.gradient(loss, weights), weights)

    for step, (images, rows) in enumerate(digits().batches(64, seed).repeat().take(steps)):
        update(images, rows, digits().condition.mismatched(rows, (seed, step)))

    test = digits("test")
    asked = [cg.one_hot([(c + shift) % 10] * len(test.labels), 10) for c in range(10)]
    logits = np.concatenate([network([test.images, rows]) for rows in asked], axis=1)
    auc = []
    for c in range(10):
        mine, others = logits[test.labels == c, c], logits[test.labels != c, c]
        auc.append((mine[:, None] > others).mean())
    keras.backend.clear_session()
    return rounded(top=(logits.argmax(axis=1) == test.labels).mean(), auc=auc)


def planned_matchers() -> list[dict]:
    runs = [
        (trunk, planes, 0)
        for trunk in ("published", "published, flattened", "quick")
        for planes in ("planes", "striped")
    ]
    runs.append(("published", "planes and rows", 0))
    runs.append(("published", "striped", 5))  # middle and outer labels change places
    return [
        {"trunk": trunk, "planes": planes, "shift": shift, "seed": seed}
        for seed in range(5)
        for trunk, planes, shift in runs
    ]


def parameters(way: str) -> dict[str, int]:
    gan = cg.WAYS[way].build(digits())
    return {part: getattr(gan, part).count_params() for part in ("discriminator", "generator")}


def open_log(**card) -> common.Log:
    return common.Log(
        "conditioning",
        SHIPPED,
        **card,
        parameters={way: parameters(way) for way in cg.WAYS},
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    log = open_log()
    for run in planned_matchers():
        log.run("matchers", run, train_matcher)


if __name__ == "__main__":
    main()
