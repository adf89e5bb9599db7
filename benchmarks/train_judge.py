"""Trains the judge on MNIST's 60,000 training images and writes its weights and its card into the package.

python benchmarks/train_judge.py            # data from Keras's cache or download
python benchmarks/train_judge.py mnist.npz  # data from a file in Keras's layout
"""

import sys
import time

import keras
from keras import layers

import cgan_utils as cg
from cgan_utils.evaluation import build_judge
from cgan_utils.pretrained import save_weights

SEED, EPOCHS, BATCH, RATE = 1, 12, 128, 3e-3

source = sys.argv[1] if len(sys.argv) > 1 else "full"
train = cg.load_images("mnist", "train", source=source)
test = cg.load_images("mnist", "test", source=source)

keras.utils.set_random_seed(SEED)
judge = build_judge()
augment = keras.Sequential(
    [
        layers.RandomTranslation(0.08, 0.08, fill_mode="constant"),
        layers.RandomRotation(0.03, "constant"),
    ]
)
batches = train.batches(BATCH, seed=SEED).map(
    lambda images, rows: (augment(images, training=True), rows)
)
rate = keras.optimizers.schedules.CosineDecay(RATE, EPOCHS * len(batches))
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
judge.compile(keras.optimizers.Adam(rate), loss, metrics=["accuracy"], jit_compile=False)
start = time.perf_counter()
judge.fit(batches, epochs=EPOCHS, verbose=2)
seconds = time.perf_counter() - start
# The weights of the last epoch: nothing was chosen on the test images.
correct = int((judge.predict(test.images, 500, verbose=0).argmax(1) == test.labels).sum())

path = save_weights(
    judge,
    "judge_mnist",
    {
        "what": "classifier of MNIST digits, the judge of conditional accuracy",
        "data": "MNIST, training split, 60,000 images (LeCun, Cortes, Burges; CC BY-SA 3.0)",
        "command": "python benchmarks/train_judge.py",
        "seed": SEED,
        "epochs": EPOCHS,
        "augmentation": "translation by at most 8 %, rotation by at most 3 % of a turn",
        "parameters": judge.count_params(),
        "test_accuracy": correct / len(test.labels),
        "test_images": len(test.labels),
        "keras": keras.__version__,
        "license": "MIT",
    },
)
size = path.stat().st_size / 1e3
print(
    f"{correct} of {len(test.labels)} test digits recognized after {seconds:.0f} s; {size:.0f} kB"
)
