"""What fits together: networks with a condition and with each other, batches with both."""

import re
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

from .checks import check_number
from .conditions import Classes, Condition
from .losses import GAMES


def generator_shapes(network: keras.Model) -> tuple[int, int, tuple[int, int, int]]:
    """Give latent_dim, width of a row and image shape of a generator network.

    Raises ValueError unless it takes [latents (B, latent_dim), rows (B, width)] and gives images
    (B, H, W, 1 or 3) float32.
    """
    check_network(network, "the generator")
    takes = [tuple(x.shape) for x in network.inputs]
    gives, dtype = tuple(network.output.shape), network.output.dtype
    if [len(shape) for shape in takes] != [2, 2] or None in (takes[0][1], takes[1][1]):
        raise ValueError(
            f"the generator takes {takes}; build it for latents (B, latent_dim) and rows (B, "
            "width), one-hot for classes, which a Dense layer without bias embeds."
        )
    if len(gives) != 4 or gives[3] not in (1, 3) or None in gives[1:]:
        raise ValueError(
            f"the generator gives {gives}; it must give images (B, height, width, 1 or 3)."
        )
    if dtype != "float32":
        raise ValueError(
            f"the generator gives {dtype}; build it in float32, as after "
            'keras.config.set_dtype_policy("float32").'
        )
    return takes[0][1], takes[1][1], gives[1:]


def check_network(network: keras.Model, owner: str) -> None:
    """Raise ValueError unless this is a Keras model of two inputs and one output."""
    inputs = getattr(network, "inputs", None) if isinstance(network, keras.Model) else None
    if inputs is None or len(inputs) != 2 or len(network.outputs) != 1:
        raise ValueError(
            f"{owner} is a {type(network).__name__}; give a keras.Model of two inputs and one "
            "output, such as keras.Model([x, y], z)."
        )


def fitting_condition(condition: Condition | None, width: int, owner: str) -> Condition:
    """Give the condition, or numbered classes for None, once rows of it fit a network.

    Raises ValueError if the network, which the sentence calls `owner`, takes rows of another width.
    """
    if condition is None:
        if width < 2:
            raise ValueError(
                f"{owner} takes rows (B, {width}), too narrow for classes; build it for one-hot "
                "rows (B, classes), or say what can be asked for with condition=."
            )
        return Classes.numbered(width)
    if not isinstance(condition, Condition):
        raise ValueError(
            f"the condition is {condition!r}; give Classes or Attributes, such as digits.condition."
        )
    if condition.width != width:
        raise ValueError(
            f"{owner} takes rows of {width} numbers, but the condition has {condition.width}: "
            f"{', '.join(condition.names)}; build it with width={condition.width}."
        )
    return condition


def check_networks(
    generator: keras.Model, discriminator: keras.Model, condition: Condition | None
) -> None:
    """Raise ValueError unless the discriminator takes the generator's images, and the same rows."""
    _, width, image_shape = generator_shapes(generator)
    check_network(discriminator, "the discriminator")
    condition = fitting_condition(condition, width, "the generator")
    image, *rows = (tuple(x.shape) for x in discriminator.inputs)
    if image[1:] != image_shape or [len(shape) for shape in rows] != [2]:
        raise ValueError(
            f"the discriminator takes {[image, *rows]}; build it for the generator's images "
            f"(B, {', '.join(map(str, image_shape))}) and rows (B, {width})."
        )
    fitting_condition(condition, rows[0][1], "the discriminator")
    if discriminator.output.dtype != "float32":
        raise ValueError(
            f"the discriminator gives {discriminator.output.dtype}; build it in float32."
        )


def check_group(discriminator: keras.Model, count: int) -> None:
    """Raise ValueError if the discriminator compares images in groups, and these make none."""
    for layer in discriminator.layers:
        group = getattr(layer, "group", 1)
        if count % group:
            raise ValueError(
                f"there are {count} images, but this discriminator compares them in groups of "
                f"{group}; give a multiple of {group}."
            )


def check_game(
    discriminator: keras.Model,
    game: str,
    mismatched_weight: float,
    d_optimizer: keras.optimizers.Optimizer,
    g_optimizer: keras.optimizers.Optimizer,
) -> None:
    """Raise ValueError unless this game can be played, by this discriminator and two optimizers."""
    if not isinstance(game, str) or game not in GAMES:
        raise ValueError(f"game is {game!r}; it must be one of {', '.join(map(repr, GAMES))}.")
    outputs = tuple(discriminator.output.shape)
    if outputs != (None, GAMES[game].outputs):
        raise ValueError(
            f"the discriminator gives {outputs}, but in the game {game!r} it must give "
            f"(B, {GAMES[game].outputs})."
        )
    if check_number("mismatched_weight", mismatched_weight, 0, 1, "[)") and game == "auxiliary":
        raise ValueError(
            "the auxiliary game takes no mismatched pairs, which would teach its classifier wrong "
            "labels; leave mismatched_weight at 0."
        )
    for name, optimizer in (("d_optimizer", d_optimizer), ("g_optimizer", g_optimizer)):
        if not isinstance(optimizer, keras.optimizers.Optimizer):
            raise ValueError(
                f"{name} is {optimizer!r}; give an optimizer, such as keras.optimizers.Adam()."
            )
    if d_optimizer is g_optimizer:
        raise ValueError("both networks have the same optimizer; give each one of its own.")


def check_batches(
    batches: tf.data.Dataset,
    image_shape: tuple[int, int, int],
    condition: Condition,
    y: object = None,
    critic_steps: int = 1,
    replicas: int = 1,
) -> None:
    """Raise ValueError unless these are batches of images and rows, float32, of equal shares.

    y: what was given beside them, where nothing should be. critic_steps, replicas: the steps of D
    and the devices that share a batch.
    """
    if not isinstance(batches, tf.data.Dataset):
        raise ValueError(
            f"a {type(batches).__name__} is no dataset of batches; give "
            "digits.batches(batch_size, seed), which come shuffled."
        )
    if y is not None:
        raise ValueError(
            f"beside the batches comes {reprlib.repr(y)}; give batches alone, which hold rows too, "
            "and everything else by its name."
        )
    shapes = (None, *image_shape), (None, condition.width)
    wanted = [tf.TensorSpec(shape, tf.float32) for shape in shapes]
    parts = tf.nest.flatten(batches.element_spec)[:2]
    fits = [spec.is_compatible_with(part) for spec, part in zip(wanted, parts, strict=False)]
    if len(parts) < 2 or not all(fits):
        told, asked = (
            " and ".join(f"{spec.shape} {spec.dtype.name}" for spec in specs)
            for specs in (parts, wanted)
        )
        raise ValueError(
            f"the batches hold {told}; give images and rows, {asked}, where None is the size of a "
            "batch."
        )
    size = batch_size(batches)
    shares = critic_steps * replicas
    if size is None and replicas > 1:
        raise ValueError(
            f"batches of any size are nothing that {replicas} devices can share; give batches of "
            "one size, such as digits.batches(batch_size, seed)."
        )
    if size and size % shares:
        sharers = [f"{replicas} devices"] * (replicas > 1)
        sharers += [f"{critic_steps} steps of D for one of G"] * (critic_steps > 1)
        raise ValueError(
            f"a batch has {size} images, which {' with '.join(sharers)} cannot share; give batches "
            f"of a multiple of {shares}."
        )


def batch_size(batches: tf.data.Dataset) -> int | None:
    """Give how many images a batch has, or None where it has not always as many."""
    shape = tf.nest.flatten(batches.element_spec)[0].shape
    return shape[0] if shape.rank else None


def checked(images: tf.Tensor, rows: tf.Tensor, condition: Condition):
    """Give a context whose operations, in a graph too, run only if the batch is one to train on.

    Images must lie in [0, 1] and rows must be valid; `refusals` says what was wrong.
    """
    low, high = tf.reduce_min(images), tf.reduce_max(images)
    inside = (low >= 0) & (high <= 1)  # False for NaN
    valid = condition.valid(rows)
    worst = rows[tf.argmin(tf.cast(valid, tf.int32))]
    checks = [
        tf.debugging.Assert(inside, ["images", low, high]),
        tf.debugging.Assert(tf.reduce_all(valid), ["rows", worst], condition.width),
    ]
    return tf.control_dependencies([check for check in checks if check is not None])


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what `checked` refuses in the middle of a graph into a ValueError of one sentence."""
    try:
        yield
    except tf.errors.InvalidArgumentError as error:
        pattern = r"assertion failed: \[(images|rows)\] \[(.*?)\](?: \[(.*?)\])?"
        found = re.search(pattern, str(error))
        if not found:
            raise
        kind, low, high = found.groups()
        raise ValueError(
            f"a batch has pixels from {low} to {high}; give images in [0, 1], without NaN."
            if kind == "images"
            else f"a batch has the row [{low}], which asks for nothing that can be; give rows as "
            "condition.rows(labels) makes them."
        ) from None
