"""Trains a generator that the package ships, on 60,000 training images, and writes it with its card.

    python benchmarks/train_pretrained.py mnist                        # data from Keras's cache or download
    python benchmarks/train_pretrained.py fashion_mnist fashion.npz    # data from a file in Keras's layout

Beside it go snapshots of the run: every label once, from the same noise, after more and more steps.
"""

import sys
import time
from dataclasses import replace

import keras
import numpy as np

import cgan_utils as cg
from cgan_utils.generator import Sampler
from cgan_utils.pretrained import save_arrays, save_weights
from patient import PATIENT

SEED, EPOCHS = 0, {"mnist": 10, "fashion_mnist": 5}
RECIPES = {
    "mnist": PATIENT,
    # Mismatched pairs push a generator away from what another class might be, and these classes
    # overlap: without pairs it comes nearer to real images (choices.py).
    "fashion_mnist": replace(PATIENT, mismatched_weight=0.0),
}
LICENSES = {
    "mnist": "MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0)",
    "fashion_mnist": "Fashion-MNIST (Zalando SE; MIT License)",
}


class StepSnapshots(keras.callbacks.Callback):
    """Every label once, from the same noise, before training and after steps ever further apart."""

    def __init__(self):
        super().__init__()
        self.images, self.steps = [], []

    def on_train_begin(self, logs=None):
        self.done, self.next = 0, 25
        self.steps_per_epoch = self.params["steps"]
        self.take()

    def on_train_batch_end(self, batch, logs=None):
        self.done += 1
        if self.done >= self.next:
            self.next = round(1.25 * self.next)
            self.take()

    def on_train_end(self, logs=None):
        self.take()

    def take(self):
        latents = self.model.draw_latents(1, seed=SEED)
        self.images.append(self.model.generate(range(self.model.classes), latents=latents))
        self.steps.append(self.done)


name, source = (*sys.argv[1:], "full")[:2]
data = cg.load_images(name, "train", source=source)
strip = StepSnapshots()
start = time.perf_counter()
cg.RECIPES["patient"] = recipe = RECIPES[name]
gan = cg.train("patient", data, seed=SEED, epochs=EPOCHS[name], callbacks=[strip], verbose=2)
seconds = time.perf_counter() - start

network = gan.averaged_generator
command = f"python benchmarks/train_pretrained.py {name}"
figures = {}
for judge in (name, "mnist_second") if name == "mnist" else (name,):
    scores = cg.evaluate(Sampler(network), judge=judge)
    figures[judge] = {
        "conditional_accuracy": scores.conditional_accuracy,
        "of_real_test_images": scores.ceiling,
        "frechet_distance": scores.frechet_distance,
        "frechet_distance_of_real_training_images": scores.floor,
    }
path = save_weights(
    network,
    f"generator_{name}",
    {
        "what": "generator, for load_pretrained",
        "data": f"{LICENSES[name]}, training split, 60,000 images",
        "command": command,
        "recipe": "benchmarks/patient.py",
        "mismatched_weight": recipe.mismatched_weight,
        "seed": SEED,
        "epochs": EPOCHS[name],
        "parameters": network.count_params(),
        "samples": 10_000,
        "judges": figures,
        "judges_saw": "the same real training images, and no generated ones",
        "keras": keras.__version__,
        "license": "MIT",
    },
)
save_arrays(
    {
        "images": np.round(255 * np.stack(strip.images)).astype(np.uint8),
        "epochs": np.array(strip.steps) / (len(data.labels) // recipe.batch_size),
    },
    f"strip_{name}",
    {
        "what": f"snapshots of the training of generator_{name}",
        "command": command,
        "license": "MIT",
    },
)
print(f"{seconds:.0f} s of training; {path.stat().st_size / 1e6:.2f} MB; {figures}")
