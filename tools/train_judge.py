"""Train a judge on all real training images, and write its weights and its card into the package.

python tools/train_judge.py mnist                     # 20 minutes on two cores
python tools/train_judge.py mnist_second mnist.npz    # from a file in Keras's layout
python tools/train_judge.py fashion_mnist
python tools/train_judge.py faces outputs/faces.npz   # five minutes; build_faces.py draws the file
"""

import time

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
import numpy as np
from keras import layers

from cgan_utils.attributes import agreement
from cgan_utils.files import save_weights
from cgan_utils.judge import JUDGES
from makers import ask, command

BATCH = 128
RUNS = {  # seed, epochs, learning rate
    "mnist": (1, 12, 3e-3),
    "mnist_second": (2, 20, 1e-3),
    "fashion_mnist": (1, 20, 3e-3),
    "faces": (1, 15, 2e-3),
    "faces_second": (2, 15, 1e-3),
}


def augmentation(data: str) -> keras.Sequential:
    """Give layers that move and turn digits, and move and mirror clothes, by little.

    Faces, where every pixel counts, stay where they are; their colors get a little noise.
    """
    if data == "faces":
        return keras.Sequential([layers.GaussianNoise(0.03)])
    shift = layers.RandomTranslation(0.08, 0.08, "constant")
    if data == "mnist":
        return keras.Sequential([shift, layers.RandomRotation(0.03, "constant")])
    return keras.Sequential([shift, layers.RandomFlip("horizontal")])


def main() -> None:
    name, source = ask(__doc__, RUNS)
    seed, epochs, rate = RUNS[name]
    data = next(key for key, data in cg.DATASETS.items() if name in data.judges)
    train, test = (cg.load_images(data, split, source) for split in ("train", "test"))

    keras.utils.set_random_seed(seed)
    judge = JUDGES[name](train.condition.width, train.image_shape)
    augment = augmentation(data)
    attributes = isinstance(train.condition, cg.Attributes)
    batches = train.batches(BATCH, seed).map(lambda x, rows: (augment(x, training=True), rows))
    if attributes:  # a target is a probability, or how far up its range a number is
        low, high = train.condition.limits
        batches = batches.map(lambda x, rows: (x, (rows - low) / (high - low)))
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
    else:
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * len(batches))
    judge.compile(keras.optimizers.Adam(schedule), loss, jit_compile=False)
    start = time.perf_counter()
    judge.fit(batches, epochs=epochs, verbose=2, shuffle=False)
    seconds = time.perf_counter() - start
    # The weights of the last epoch: nothing was chosen on the test images.
    seen = test.condition.read(judge.predict(test.images, 500, verbose=0))
    obeyed = test.condition.obeyed(test.labels, test.condition.recognized(seen))
    correct = int(np.sum(obeyed))

    card = {
        "what": "classifier of real images, which judges generated ones",
        "data": f"{cg.DATASETS[data].license}, training split, {len(train.labels):,} images",
        "command": command("train_judge", name, data),
        "seed": seed,
        "epochs": epochs,
        "augmentation": ", ".join(layer.name for layer in augment.layers),
        "parameters": judge.count_params(),
        "test_accuracy": correct / len(test.labels),
        "test_images": len(test.labels),
        "keras": keras.__version__,
        "license": "MIT",
    }
    if attributes:
        card["test_agreement"] = agreement(test.condition, test.labels, seen)._asdict()
    save_weights(judge, f"judge_{name}", card)
    print(f"{correct} of {len(test.labels)} test images recognized after {seconds:.0f} s")


if __name__ == "__main__":
    main()
