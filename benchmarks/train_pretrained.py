"""Trains the generator that the package ships, on MNIST's 60,000 training images, and writes it with its card.

python benchmarks/train_pretrained.py            # data from Keras's cache or download
python benchmarks/train_pretrained.py mnist.npz  # data from a file in Keras's layout
"""

import sys
import time

import keras

import cgan_utils as cg
from cgan_utils.pretrained import save_weights

SEED, EPOCHS = 0, 10

digits = cg.load_images("mnist", "train", source=sys.argv[1] if len(sys.argv) > 1 else "full")
start = time.perf_counter()
gan = cg.train("quick", digits, seed=SEED, epochs=EPOCHS, verbose=2)
seconds = time.perf_counter() - start
accuracy = cg.conditional_accuracy(gan, per_class=1_000, seed=SEED)
path = save_weights(
    gan.averaged_generator,
    "generator_mnist",
    {
        "what": "generator of MNIST digits, for load_pretrained",
        "data": "MNIST, training split, 60,000 images (LeCun, Cortes, Burges; CC BY-SA 3.0)",
        "command": "python benchmarks/train_pretrained.py",
        "recipe": "quick",
        "seed": SEED,
        "epochs": EPOCHS,
        "parameters": gan.averaged_generator.count_params(),
        "conditional_accuracy": accuracy,
        "conditional_accuracy_samples": 10_000,
        "judge": "weights/judge_mnist.npz, trained on the same real images, on no generated ones",
        "keras": keras.__version__,
        "license": "MIT",
    },
)
size = path.stat().st_size / 1e6
print(
    f"{accuracy:.2%} of 10,000 recognized as asked, after {seconds:.0f} s of training; {size:.2f} MB"
)
