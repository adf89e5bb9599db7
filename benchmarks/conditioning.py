"""How should the label go in? The same nets, data and number of steps, one way in after the other.

    python benchmarks/conditioning.py    # 134 runs of half a minute, 40 of ten seconds

First it times steps of all ways in turns, which wants a quiet machine. Then it trains
discriminators alone, to find out which label planes they can read, and the quick recipe with every
way in. Everything runs on the 4,000 training digits of the embedded sample.
"""

import time
from dataclasses import replace
from functools import cache

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
import tensorflow as tf

import common
from cgan_utils.files import SHIPPED
from cgan_utils.metrics import variety

STEPS = 750  # 6 epochs
LONG_STEPS = 2_000  # 16 epochs, as in the quick recipe
SAMPLES = 5_000
QUICK = cg.RECIPES["quick"]
# Each way without mismatched pairs, and with them unless it cannot be shown a wrong label
MAIN = [(way, w) for way in cg.WAYS for w in sorted({0.0, cg.WAYS[way].mismatched_weight})]
RARE_CLASS, RARE_COUNT = 8, 50


@cache
def digits(split: str = "train") -> cg.LabeledImages:
    return cg.load_images("mnist", split)


def choose_data(name: str, seed: int) -> cg.LabeledImages:
    """Give the sample's training digits, all of them or spoiled: fewer, or with wrong labels."""
    data, rng = digits(), np.random.default_rng(seed)
    if name == "1,000 images":
        chosen = np.concatenate(
            [rng.choice(np.flatnonzero(data.labels == c), 100, replace=False) for c in range(10)]
        )
        return data.subset(chosen, name)
    if name == "20 % wrong labels":
        wrong = (data.labels + rng.integers(1, 10, len(data.labels))) % 10
        labels = np.where(rng.random(len(wrong)) < 0.2, wrong, data.labels)
        return replace(data, labels=labels, source=name)
    if name == "50 images of class 8":
        return cg.make_rare(data, RARE_CLASS, RARE_COUNT, seed)
    return data


def build(way: str, mismatched_weight: float, steps: int, seed: int) -> cg.ConditionalGAN:
    recipe = replace(cg.WAYS[way], mismatched_weight=mismatched_weight)
    return recipe.build(digits(), seed, steps)


def train_and_score(data: str, way: str, mismatched_weight: float, steps: int, seed: int) -> dict:
    gan = build(way, mismatched_weight, steps, seed)
    batches = choose_data(data, seed).batches(QUICK.batch_size, seed).repeat()
    start = time.process_time()
    gan.fit(batches, steps_per_epoch=steps, verbose=0)
    cpu_seconds = time.process_time() - start

    labels = common.asked_labels(SAMPLES)
    judge, second = cg.Judge("mnist"), cg.Judge("mnist_second")
    score, other = (each.score(gan, labels, seed) for each in (judge, second))
    real, right = judge.reference, score.recognized == labels
    keras.backend.clear_session()
    return {"cpu_seconds": round(cpu_seconds, 1)} | rounded(
        accuracy=score.conditional_accuracy,
        frechet=score.frechet_distance,
        accuracy_by_class=[right[labels == c].mean() for c in range(10)],
        variety_by_class=[
            variety(real.features[real.labels == c], score.features[labels == c]) for c in range(10)
        ],
        accuracy_second=other.conditional_accuracy,
        frechet_second=other.frechet_distance,
    )


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


def planned() -> list[dict]:
    """Give the runs, the most important first."""
    runs = [("sample", *config, STEPS, seed) for seed in range(3) for config in MAIN]
    few = [(way, 0.5) for way in ("projection", "planes", "embedding", "conditional norm")]
    few += [("projection", 0.0), ("auxiliary", 0.0), ("none", 0.0), ("striped", 0.5)]
    runs += [
        (data, *config, STEPS, seed)
        for seed in range(3)
        for data in ("1,000 images", "20 % wrong labels", "50 images of class 8")
        for config in few
    ]
    stripes = [(way, w) for w in (0.5, 0.0) for way in ("planes", "striped")]
    runs += [("sample", *config, STEPS, seed) for seed in range(3, 8) for config in stripes]
    slow = [("conditional norm", 0.5), ("projection", 0.5)]
    runs += [("sample", *config, LONG_STEPS, seed) for seed in range(3) for config in slow]
    names = ("data", "way", "mismatched_weight", "steps", "seed")
    return [dict(zip(names, run, strict=True)) for run in runs]


def measure_speed(rounds: int = 5, steps: int = 30) -> list[dict]:
    """Give the seconds a step of every way: medians over the steps of several rounds in turns."""
    batches = digits().batches(QUICK.batch_size).repeat()
    gans = {(way, w): build(way, w, STEPS, seed=0) for way, w in MAIN}
    seconds = {config: [] for config in MAIN}
    for _ in range(rounds):
        for config, gan in gans.items():
            ends = []
            watch = keras.callbacks.LambdaCallback(
                on_train_batch_end=lambda batch, logs, ends=ends: ends.append(time.perf_counter())
            )
            gan.fit(batches, steps_per_epoch=steps, callbacks=[watch], verbose=0)
            seconds[config].extend(np.diff(ends))
    return [
        {"way": way, "mismatched_weight": w, "seconds_a_step": round(float(np.median(s)), 5)}
        for (way, w), s in seconds.items()
    ]


def parameters(way: str) -> dict[str, int]:
    gan = build(way, 0.0, STEPS, seed=0)
    return {part: getattr(gan, part).count_params() for part in ("discriminator", "generator")}


def open_log() -> common.Log:
    names = ("batch_size", "learning_rate", "decay", "beta_1", "beta_2", "ema_decay")
    return common.Log(
        "conditioning",
        SHIPPED,
        command="python benchmarks/conditioning.py",
        settings={"steps": STEPS, **{name: getattr(QUICK, name) for name in names}},
        samples=SAMPLES,
        floors=common.floors(SAMPLES),
        parameters={way: parameters(way) for way in cg.WAYS},
    )


def main() -> None:
    common.parser(__doc__).parse_args()
    log = open_log()
    if not log.table("speed"):
        for entry in measure_speed():
            log.append("speed", entry)
    for run in planned_matchers():
        log.run("matchers", run, train_matcher)
    for run in planned():
        log.run("runs", run, train_and_score)


if __name__ == "__main__":
    main()
