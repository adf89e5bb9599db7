"""Train a judge on all real training images, and write its weights and its card into the package.

python tools/train_judge.py mnist                     # 20 minutes on two cores
python tools/train_judge.py mnist_second mnist.npz    # from a file in Keras's layout
python tools/train_judge.py fashion_mnist
"""

import time

import cgan_utils as cg  # first: it imports TensorFlow without its log

# isort: split
import keras
from keras import layers

from cgan_utils.files import save_weights
from cgan_utils.judge import JUDGES
from makers import ask

BATCH = 128
RUNS = {  # seed, epochs, learning rate
    "mnist": (1, 12, 3e-3),
    "mnist_second": (2, 20, 1e-3),
    "fashion_mnist": (1, 20, 3e-3),
}


def augmentation(data: str) -> keras.Sequential:
    """Give layers that move and turn digits, and move and mirror clothes, by little."""
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
    batches = train.batches(BATCH, seed).map(lambda x, rows: (augment(x, training=True), rows))
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * len(batches))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    judge.compile(keras.optimizers.Adam(schedule), loss, metrics=["accuracy"], jit_compile=False)
    start = time.perf_counter()
    judge.fit(batches, epochs=epochs, verbose=2, shuffle=False)
    seconds = time.perf_counter() - start
    # The weights of the last epoch: nothing was chosen on the test images.
    correct = int((judge.predict(test.images, 500, verbose=0).argmax(1) == test.labels).sum())

    card = {
        "what": "classifier of real images, which judges generated ones",
        "data": f"{cg.DATASETS[data].license}, training split, {len(train.labels):,} images",
        "command": f"python tools/train_judge.py {name}",
        "seed": seed,
        "epochs": epochs,
        "augmentation": ", ".join(layer.name for layer in augment.layers),
        "parameters": judge.count_params(),
        "test_accuracy": correct / len(test.labels),
        "test_images": len(test.labels),
        "keras": keras.__version__,
        "license": "MIT",
    }
    save_weights(judge, f"judge_{name}", card)
    print(f"{correct} of {len(test.labels)} test images recognized after {seconds:.0f} s")


if __name__ == "__main__":
    main()
