"""What the pages' explorers need of the package: trained networks and digits, as files.

A network becomes a list of layers with their arrays, batch normalization folded into them; live/
network.js runs it. The files are safetensors whose metadata hold a CRC-32 of the data.
"""

import gzip
import json
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save

import cgan_utils as cg
from cgan_utils.files import load_arrays, load_weights
from cgan_utils.interpolation import latent_directions
from cgan_utils.judge import JUDGES

if TYPE_CHECKING:  # the package, imported first, quiets TensorFlow's start
    import keras

    from cgan_utils.sampler import Generator


def write_files(folder: Path) -> None:
    """Write all of them into a folder."""
    for name in ("mnist", "fashion_mnist", "faces"):
        generator = cg.load_pretrained(name)
        more = {}
        if isinstance(generator.condition, cg.Classes):
            more["directions"] = latent_directions(generator, count=6)
        path = folder / f"generator_{name}.safetensors"
        write_network(path, generator.network, more, told(generator))
        write_network(folder / f"judge_{name}.safetensors", judge_network(name))
        write_strip(folder / f"strip_{name}.safetensors.gz", cg.load_strip(name))
    sample = load_arrays("mnist_sample")
    train = {"images": sample["x_train"], "labels": sample["y_train"].astype(np.uint8)}
    write_bytes(folder / "digits.safetensors.gz", train)
    write_bytes(folder / "test.safetensors.gz", {"images": sample["x_test"][::37]})


def export(function: str, shown: object, path: Path) -> None:
    """Write what an explorer of a notebook shows: a strip's pictures, or a network.

    function: the explorer's name, such as "explore".
    """
    path.parent.mkdir(exist_ok=True)
    if function == "explore_training":
        write_strip(path, shown)
        return
    if function == "explore_discriminator":
        write_network(path, getattr(shown, "discriminator", shown))
        return
    network = getattr(shown, "sampler", shown).network
    write_network(path, network, metadata=told(shown))


def told(generator: "Generator") -> dict[str, str]:
    """Give what a page has to know of a generator: what it can be asked for, and who judges it."""
    condition = generator.condition
    judges = [data.judges[0] for data in cg.DATASETS.values() if data.condition == condition]
    return {"condition": json.dumps(condition.get_config()), "judge": "".join(judges[:1])}


def judge_network(name: str) -> "keras.Model":
    """Give a judge's network, from images to logits."""
    judge = cg.Judge(name)
    network = JUDGES[name](judge.condition.width, judge.image_shape)
    return load_weights(network, f"judge_{name}")


def exported(network: "keras.Model") -> tuple[list[dict], dict[str, np.ndarray]]:
    """Give a network's layers, in order, and their arrays, `0.kernel`, `0.bias` and so on.

    It takes [latents, rows], [images, rows] or images. Rows enter a generator's first layer, which
    becomes one for both; a discriminator's last layer becomes one that gives its realness, then
    its match for each label. Raises ValueError for a layer that live/network.js does not know.
    """
    found: list[dict] = []
    for layer in network.layers:
        name = type(layer).__name__
        if layer.name == "logit":
            found.append(heads(network))
        elif name in PASSED or layer.name in {"label_embedding", "realness", "match"}:
            continue
        elif name in ACTIVATIONS:
            found[-1]["activation"] = ACTIVATIONS[name]
        elif name in NORMS:
            fold(found[-1], layer)
        elif name in READERS:
            found.append(READERS[name](layer, network))
        else:
            raise ValueError(
                f"the site knows no layer {name}; add it to weights.py and network.js."
            )
    arrays = {}
    for number, layer in enumerate(found):
        for key in ("weights", "bias"):
            if key in layer:
                name = {"weights": "kernel", "bias": "bias"}[key]
                arrays[f"{number}.{name}"] = layer.pop(key).astype(np.float32)
    return found, arrays


# Layers that leave numbers as they lie; what they say is in the shapes of the others
PASSED = {"InputLayer", "Concatenate", "Reshape", "Flatten", "Add", "Dot", "Dropout"}
NORMS = {"BatchNormalization", "FusedBatchNormalization"}
ACTIVATIONS = {"ReLU": "relu", "LeakyReLU": "leaky"}


def _dense(layer: "keras.layers.Dense", network: "keras.Model") -> dict:
    kernel = layer.kernel.numpy().astype(np.float64)
    if layer.name == "dense":  # of latents and an embedded row: the embedding goes into it
        embedding = network.get_layer("label_embedding").kernel.numpy()
        latents = len(kernel) - embedding.shape[1]
        kernel = np.concatenate([kernel[:latents], embedding @ kernel[latents:]])
    bias = layer.bias.numpy() if layer.use_bias else np.zeros(kernel.shape[1])
    activation = layer.activation.__name__.replace("linear", "none")
    shapes = {"in": [kernel.shape[0]], "out": [kernel.shape[1]]}
    return {"kind": "dense", **shapes, "activation": activation, "weights": kernel, "bias": bias}


def _convolution(layer: "keras.layers.Conv2D", network: "keras.Model") -> dict:
    transposed = type(layer).__name__ == "Conv2DTranspose"
    kernel = layer.kernel.numpy().astype(np.float64)
    if transposed:  # (height, width, out, in) becomes (in, height, width, out)
        kernel = kernel.transpose(3, 0, 1, 2)
    return {
        "kind": "up" if transposed else "convolution",
        **_shapes(layer),
        "kernel": layer.kernel_size[0],
        "stride": layer.strides[0],
        "activation": layer.activation.__name__.replace("linear", "none"),
        "weights": kernel,
        "bias": layer.bias.numpy() if layer.use_bias else np.zeros(kernel.shape[-1]),
    }


def _without_weights(kind: str):
    return lambda layer, network: {"kind": kind, **_shapes(layer)}


def _shapes(layer: "keras.layers.Layer") -> dict:
    return {"in": list(layer.input.shape[1:]), "out": list(layer.output.shape[1:])}


READERS = {
    "Dense": _dense,
    "Conv2D": _convolution,
    "Conv2DTranspose": _convolution,
    "MaxPooling2D": _without_weights("pool"),
    "GlobalAveragePooling2D": _without_weights("mean"),
    "DepthToSpace": _without_weights("shuffle"),
}


def heads(network: "keras.Model") -> dict:
    """Give a projection discriminator's last layers as one: realness first, then ten matches."""
    realness = network.get_layer("realness")
    named = {layer.name: layer for layer in network.layers}
    if "label_embedding" in named:
        match = named["label_embedding"].kernel.numpy().T
    else:
        match = named["match"].kernel.numpy()
    weights = np.concatenate([realness.kernel.numpy(), match], axis=1)
    bias = np.concatenate([realness.bias.numpy(), np.zeros(match.shape[1])])
    shapes = {"in": [weights.shape[0]], "out": [weights.shape[1]]}
    return {"kind": "dense", **shapes, "activation": "none", "weights": weights, "bias": bias}


def fold(layer: dict, norm: "keras.layers.BatchNormalization") -> None:
    """Multiply batch normalization, as it is when nothing is trained, into the layer before it."""
    gamma, beta, mean, variance = (weights.numpy() for weights in norm.weights)
    scale = gamma / np.sqrt(variance + norm.epsilon)
    times = len(layer["bias"]) // len(scale)  # places of the maps, where a dense layer makes them
    layer["weights"] = layer["weights"] * np.tile(scale, times)
    layer["bias"] = layer["bias"] * np.tile(scale, times) + np.tile(beta - mean * scale, times)


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Give images in [0, 1] as whole numbers from 0 to 255."""
    return np.rint(images * 255).astype(np.uint8)


def write_network(
    path: Path,
    network: "keras.Model",
    more: dict[str, np.ndarray] | None = None,
    metadata: dict[str, str] | None = None,
) -> None:
    """Write a network, and more, in 16 bits: its pictures are one gray level off at most."""
    layers, arrays = exported(network)
    small = {name: array.astype(np.float16) for name, array in (arrays | (more or {})).items()}
    path.write_bytes(packed(small, {"layers": json.dumps(layers), **(metadata or {})}))


def write_strip(path: Path, strip: "cg.Strip | cg.Snapshots") -> None:
    """Write the pictures of a training run, with the epoch of each."""
    images = as_bytes(np.asarray(strip.images))
    write_bytes(path, {"images": images, "epochs": np.float32(strip.epochs)})


def write_bytes(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write arrays into a file that is compressed, for pages to unpack."""
    path.write_bytes(gzip.compress(packed(arrays, {}), mtime=0))


def packed(arrays: dict[str, np.ndarray], metadata: dict[str, str]) -> bytes:
    """Give arrays as a safetensors file that holds a CRC-32 of its data."""
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    plain = save(arrays)
    data = plain[8 + int.from_bytes(plain[:8], "little") :]
    return save(arrays, {**metadata, "crc32": f"{zlib.crc32(data):08x}"})
