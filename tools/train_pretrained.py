"""Train a generator that the package ships, on all training images, and write it with its card.

    python tools/train_pretrained.py mnist                       # some ten minutes on two cores
    python tools/train_pretrained.py fashion_mnist fashion.npz     # from a file in Keras's layout
    python tools/train_pretrained.py faces outputs/faces.npz       # which build_faces.py draws

Beside it go snapshots of the run: every label once, or every attribute alone, from the same noise,
after more and more steps.
"""

import time
from dataclasses import replace

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np

from cgan_utils.files import save_arrays, save_weights
from makers import ask, command

SEED, PATIENT = 0, cg.RECIPES["patient"]
RECIPES = {
    "mnist": PATIENT,
    # Mismatched pairs push a generator away from what another class might be, and these classes
    # overlap: without pairs it comes nearer to real images (benchmarks/choices.py).
    "fashion_mnist": replace(PATIENT, mismatched_weight=0.0, epochs=5),
    # Faces have no classes whose spread D could see.
    "faces": replace(
        PATIENT, build_discriminator=cg.build_discriminator, classes_only=False, epochs=6
    ),
}


class StepSnapshots(keras.callbacks.Callback):
    """The condition's examples, from the same noise, before training and ever further apart."""

    def __init__(self):
        super().__init__()
        self.images, self.steps = [], []

    def on_train_begin(self, logs=None):
        self.done, self.next = 0, 25
        self.take()

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done >= self.next:
            self.next = round(1.25 * self.next)
            self.take()

    def on_train_end(self, logs=None):
        self.take()

    def take(self):
        rows, latents = self.model.condition.examples(), self.model.draw_latents(1, SEED)
        self.images.append(self.model.generate(rows, latents=latents))
        self.steps.append(self.done)


def score(generator: cg.Sampler, judge: str) -> dict:
    scores = cg.evaluate(generator, judge=judge)
    found = {
        "samples": scores.samples,
        "conditional_accuracy": scores.conditional_accuracy,
        "of_real_test_images": cg.Judge(judge).test_accuracy,
        "frechet_distance": scores.frechet_distance,
        "frechet_distance_of_real_training_images": scores.floor,
    }
    if isinstance(scores, cg.AttributeScores):
        found["agreement"] = scores.agreement._asdict()
    return found


def main() -> None:
    name, source = ask(__doc__, RECIPES)
    recipe = RECIPES[name]
    data, record = cg.load_images(name, "train", source), cg.DATASETS[name]
    strip = StepSnapshots()
    start = time.perf_counter()
    gan = cg.train(recipe, data, SEED, callbacks=[strip], verbose=2)
    seconds = time.perf_counter() - start

    network = gan.averaged_generator
    generator = cg.Sampler(network, data.condition)
    made_by = command("train_pretrained", name, name)
    card = {
        "what": "generator, for load_pretrained",
        "data": f"{record.license}, training split, {len(data.labels):,} images",
        "command": made_by,
        "recipe": "patient",
        "discriminator": gan.discriminator.name,
        "mismatched_weight": recipe.mismatched_weight,
        "seed": SEED,
        "epochs": recipe.epochs,
        "parameters": network.count_params(),
        "judges": {judge: score(generator, judge) for judge in record.judges},
        "judges_saw": "the same real training images, and no generated ones",
        "keras": keras.__version__,
        "license": "MIT",
    }
    save_weights(network, f"generator_{name}", card)
    snapshots = {
        "images": np.round(255 * np.stack(strip.images)).astype(np.uint8),
        "epochs": np.array(strip.steps) / (len(data.labels) // recipe.batch_size),
    }
    what = f"snapshots of the training of generator_{name}"
    save_arrays(snapshots, f"strip_{name}", {"what": what, "command": made_by, "license": "MIT"})
    print(f"{seconds:.0f} s of training; {card['judges']}")


if __name__ == "__main__":
    main()
