"""Trains a judge on 60,000 real training images and writes its weights and its card into the package.

    python benchmarks/train_judge.py mnist
    python benchmarks/train_judge.py mnist_second    # another architecture, another seed
    python benchmarks/train_judge.py fashion_mnist

The data come from Keras's cache, or are downloaded into it; a path after the name reads a file in
Keras's layout instead.
"""

import sys
import time

import keras
from keras import layers

import cgan_utils as cg
from cgan_utils.judge import JUDGES
from cgan_utils.pretrained import save_weights

BATCH = 128
RUNS = {  # seed, epochs, learning rate
    "mnist": (1, 12, 3e-3),
    "mnist_second": (2, 20, 1e-3),
    "fashion_mnist": (1, 20, 3e-3),
}
SOURCES = {
    "mnist": "MNIST (LeCun, Cortes, Burges; CC BY-SA 3.0)",
    "fashion_mnist": "Fashion-MNIST (Zalando SE; MIT License)",
}

name, source = (*sys.argv[1:], "full")[:2]
seed, epochs, rate = RUNS[name]
data = name.removesuffix("_second")
train = cg.load_images(data, "train", source=source)
test = cg.load_images(data, "test", source=source)

keras.utils.set_random_seed(seed)
judge = JUDGES[name]()
augment = [layers.RandomTranslation(0.08, 0.08, "constant")]
if data == "mnist":
    augment.append(layers.RandomRotation(0.03, "constant"))
else:
    augment.append(layers.RandomFlip("horizontal"))
augment = keras.Sequential(augment)
batches = train.batches(BATCH, seed=seed).map(
    lambda images, rows: (augment(images, training=True), rows)
)
schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * len(batches))
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
judge.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"], jit_compile=False)
start = time.perf_counter()
judge.fit(batches, epochs=epochs, verbose=2, shuffle=False)
seconds = time.perf_counter() - start
# The weights of the last epoch: nothing was chosen on the test images.
correct = int((judge.predict(test.images, 500, verbose=0).argmax(1) == test.labels).sum())

path = save_weights(
    judge,
    f"judge_{name}",
    {
        "what": "classifier of real images, which judges generated ones",
        "data": f"{SOURCES[data]}, training split, 60,000 images",
        "command": f"python benchmarks/train_judge.py {name}",
        "seed": seed,
        "epochs": epochs,
        "augmentation": ", ".join(layer.name for layer in augment.layers),
        "parameters": judge.count_params(),
        "test_accuracy": correct / len(test.labels),
        "test_images": len(test.labels),
        "keras": keras.__version__,
        "license": "MIT",
    },
)
size = path.stat().st_size / 1e3
print(
    f"{correct} of {len(test.labels)} test images recognized after {seconds:.0f} s; {size:.0f} kB"
)
