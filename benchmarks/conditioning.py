"""How should the label go in? The same nets, data and number of steps, one way in after the other.

    python benchmarks/conditioning.py           # trains; a run that is already in the log is not repeated
    python benchmarks/conditioning.py --speed   # times steps of all ways in turns; wants a quiet machine

Both write cgan_utils/results/conditioning.json from all that is in benchmarks/results/conditioning.jsonl.
Notebook 09 reads it. Everything runs on the 4,000 training digits of the embedded sample, with the
quick recipe's settings but for the number of steps.
"""

import argparse
import json
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import cgan_utils as cg
from cgan_utils.metrics import frechet_distance, moments, variety
from cgan_utils.recipes import untrained
from cgan_utils.results import RESULTS

LOG = Path(__file__).parent / "results" / "conditioning.jsonl"
STEPS = 750  # 6 epochs
LONG_STEPS = 2_000  # 16 epochs, as in the quick recipe
SAMPLES = 5_000
QUICK = cg.RECIPES["quick"]
RARE_CLASS, RARE_COUNT = 8, 50

# The way in -> the discriminator's conditioning and the generator
WAYS = {name: (name, cg.build_generator) for name in cg.CONDITIONINGS}
WAYS["conditional norm"] = ("projection", cg.build_conditional_norm_generator)
# A discriminator that does not take the label in cannot be shown a wrong one.
WITHOUT_PAIRS = ("none", "auxiliary")
MAIN = [(way, w) for way in WAYS for w in (0.0, 0.5) if not (w and way in WITHOUT_PAIRS)]
JUDGES = ("mnist", "mnist_second")


def choose_data(name, seed) -> cg.LabeledImages:
    digits = cg.load_images("mnist", "train")
    rng = np.random.default_rng(seed)
    if name == "1,000 images":
        chosen = np.concatenate(
            [rng.choice(np.flatnonzero(digits.labels == c), 100, replace=False) for c in range(10)]
        )
        return cg.LabeledImages(
            digits.images[chosen], digits.labels[chosen], digits.class_names, name
        )
    if name == "20 % wrong labels":
        wrong = (digits.labels + rng.integers(1, 10, len(digits.labels))) % 10
        labels = np.where(rng.random(len(wrong)) < 0.2, wrong, digits.labels)
        return cg.LabeledImages(digits.images, labels, digits.class_names, name)
    if name == "50 images of class 8":
        return cg.make_rare(digits, RARE_CLASS, RARE_COUNT, seed)
    return digits


def build(way, mismatched_weight, steps, seed) -> cg.ConditionalGAN:
    conditioning, build_generator = WAYS[way]
    settings = replace(
        QUICK,
        build_generator=build_generator,
        build_discriminator=partial(cg.build_conditioned_discriminator, conditioning),
        mismatched_weight=mismatched_weight,
    )
    gan = untrained(settings, seed, steps)
    if conditioning == "auxiliary":
        gan.compile(gan.d_optimizer, gan.g_optimizer, loss="auxiliary")
    return gan


def train_and_score(data, way, mismatched_weight, steps, seed) -> dict:
    gan = build(way, mismatched_weight, steps, seed)
    batches = choose_data(data, seed).batches(QUICK.batch_size, seed).repeat()
    start = time.process_time()
    gan.fit(batches, steps_per_epoch=steps, verbose=0)
    cpu_seconds = time.process_time() - start

    labels = cg.Judge("mnist").reference.labels.astype(int)
    labels = np.random.default_rng(0).choice(labels, SAMPLES, replace=False)
    images = gan.generate(labels, seed)
    scores = {"cpu_seconds": round(cpu_seconds, 1)}
    for name, suffix in zip(JUDGES, ("", "_second"), strict=True):
        judge = cg.Judge(name)
        features, logits = judge.look(images)
        right = logits.argmax(axis=1) == labels
        scores[f"accuracy{suffix}"] = right.mean()
        scores[f"frechet{suffix}"] = frechet_distance(judge.reference, moments(features))
        if not suffix:
            real = judge.reference
            scores["accuracy_by_class"] = [right[labels == c].mean() for c in range(10)]
            scores["variety_by_class"] = [
                variety(real.features[real.labels == c], features[labels == c]) for c in range(10)
            ]
    return scores


def build_matcher(trunk, planes) -> keras.Model:
    """The published discriminator, pooled or flattened, or the quick one, behind some label planes.

    planes: "planes", "striped", or "planes and rows", which adds a plane of row numbers in [0, 1].
    """
    if trunk == "quick":
        return cg.build_conditioned_discriminator(planes)
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


def train_matcher(trunk, planes, shift, seed, steps=300) -> dict:
    """Trains D alone to tell real pairs from mismatched pairs; scores it on the sample's test digits.

    shift: label y gets the planes of label (y + shift) % 10. top: the share of digits whose right
    label has the highest logit. auc: for each label, how often a digit of it has a higher logit
    than a digit of another class, both asked as that label.
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

    batches = choose_data("sample", seed).batches(64, seed).repeat().take(steps)
    for step, (images, rows) in enumerate(batches):
        update(images, rows, cg.mismatched_labels(rows, (seed, step)))

    test = cg.load_images("mnist", "test")
    asked = [cg.one_hot([(c + shift) % 10] * len(test.labels), 10) for c in range(10)]
    logits = np.concatenate([network([test.images, rows]) for rows in asked], axis=1)
    auc = []
    for c in range(10):
        mine, others = logits[test.labels == c, c], logits[test.labels != c, c]
        auc.append((mine[:, None] > others).mean())
    return {"top": (logits.argmax(axis=1) == test.labels).mean(), "auc": auc}


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
    """The runs, the most important first."""
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


def measure_speed(rounds=5, steps=30) -> list[dict]:
    """Seconds a step of every way in: medians over the steps of several rounds in turns."""
    batches = choose_data("sample", 0).batches(QUICK.batch_size).repeat()
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


def read_log() -> list[dict]:
    return (
        [json.loads(line) for line in LOG.read_text("utf-8").splitlines()] if LOG.exists() else []
    )


def append(entry: dict):
    LOG.parent.mkdir(exist_ok=True)
    with LOG.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")


def rounded(scores: dict) -> dict:
    return {name: np.round(value, 4).tolist() for name, value in scores.items()}


def write_results():
    entries = read_log()
    networks = {
        way: {
            "discriminator": cg.build_conditioned_discriminator(conditioning).count_params(),
            "generator": build_generator().count_params(),
        }
        for way, (conditioning, build_generator) in WAYS.items()
    }
    settings = {
        name: getattr(QUICK, name)
        for name in ("batch_size", "learning_rate", "decay", "beta_1", "beta_2", "ema_decay")
    }
    outcome = {
        "command": "python benchmarks/conditioning.py",
        "machine": "two CPU cores",
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
        "settings": {"steps": STEPS, **settings},
        "samples": SAMPLES,
        "floors": {name: cg.Judge(name).reference.floors[SAMPLES] for name in JUDGES},
        "parameters": networks,
        "runs": [entry for entry in entries if "accuracy" in entry],
        "matchers": [entry for entry in entries if "trunk" in entry],
        "speed": [entry for entry in entries if "seconds_a_step" in entry][-len(MAIN) :],
    }
    lines = []
    for name, value in outcome.items():
        if name in ("runs", "matchers", "speed"):  # a line each
            value = "[\n" + ",\n".join("  " + json.dumps(entry) for entry in value) + "\n ]"
        else:
            value = json.dumps(value)
        lines.append(f' "{name}": {value}')
    path = RESULTS / "conditioning.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--speed", action="store_true", help="time steps instead of training")
    if parser.parse_args().speed:
        for entry in measure_speed():
            append(entry)
    else:
        work = [(train_matcher, run) for run in planned_matchers()]
        work += [(train_and_score, run) for run in planned()]
        done = read_log()
        for measure, run in work:
            if not any(run.items() <= entry.items() for entry in done):
                append({**run, **rounded(measure(**run))})
                keras.backend.clear_session()
    write_results()


if __name__ == "__main__":
    main()
