"""Several devices and several machines: what each takes, draws and writes, and when one goes."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras
import tensorflow as tf

STRATEGIES = (
    tf.distribute.MirroredStrategy,
    tf.distribute.MultiWorkerMirroredStrategy,
    tf.distribute.OneDeviceStrategy,
)


def check_strategy(strategy: tf.distribute.Strategy) -> None:
    """Raise ValueError unless a model can train under it: a copy on each device, in one step."""
    if not isinstance(strategy, STRATEGIES):
        raise ValueError(
            f"strategy is a {type(strategy).__name__}; give tf.distribute.MirroredStrategy(), for "
            "the GPUs of one machine, or tf.distribute.MultiWorkerMirroredStrategy(), for several "
            "machines."
        )


def count_machines(strategy: tf.distribute.Strategy) -> int:
    """Give how many machines train together, each of which runs the same program."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return 1
    return strategy.num_replicas_in_sync // len(strategy.extended.worker_devices)


def replica_number() -> tf.Tensor | int:
    """Give the number of the device that computes this, from 0 up over all machines."""
    if tf.distribute.in_cross_replica_context():
        return 0
    return tf.distribute.get_replica_context().replica_id_in_sync_group


def shared_out(
    batches: tf.data.Dataset, size: int, strategy: tf.distribute.Strategy
) -> tf.distribute.DistributedDataset:
    """Give batches of `size` images of which every device takes its own equal share.

    All machines give the same batches in the same order.
    """
    share = size // strategy.num_replicas_in_sync
    # TensorFlow's own sharding gives each machine other whole batches, and one of them has more
    # where their number is odd.
    shares = strategy.distribute_datasets_from_function(
        lambda machine: batches.rebatch(share).shard(
            machine.num_input_pipelines, machine.input_pipeline_id
        )
    )
    # What Keras counts an epoch's steps by; TensorFlow no longer knows it.
    shares._cardinality = batches.cardinality()
    return shares


def synchronize_norms(network: keras.Model) -> None:
    """Let batch normalization see the whole batch in training, not each device its own share.

    So that its moving averages are the same on all devices, too.
    """
    for layer in network._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True


def agreed(number: float, strategy: tf.distribute.Strategy) -> float:
    """Give the mean of what the machines say, the same on each of them."""
    if count_machines(strategy) == 1:
        return number
    said = strategy.experimental_distribute_values_from_function(lambda _: tf.constant(number))
    return float(strategy.reduce("MEAN", said, axis=None))


@contextmanager
def lost_machines(strategy: tf.distribute.Strategy) -> Iterator[None]:
    """Turn the silence of another machine into a ConnectionError of one sentence."""
    try:
        yield
    except (
        tf.errors.UnavailableError,
        tf.errors.AbortedError,
        tf.errors.FailedPreconditionError,
        tf.errors.DeadlineExceededError,
    ) as error:
        machines = count_machines(strategy)
        if machines == 1:
            raise
        raise ConnectionError(
            f"one of the {machines} machines no longer answers, which ends this run; start it "
            "again on all of them, from the last file that was saved (ConditionalGAN.load)."
        ) from error
