"""What the tests of the networks in PyTorch share."""

import pytest

import cgan_utils as cg

torch = pytest.importorskip("torch")


def copy_weights(network, module):
    """Give a module the weights of a Keras network, layer by layer."""
    for layer in network.layers:
        weights = layer.get_weights()
        if not weights:
            continue
        name = layer.name.replace("half", "14").replace("14x14", "14").replace("28x28", "28")
        ours = getattr(module, name)
        if isinstance(layer, cg.ConditionalBatchNormalization):
            for table in ("scale", "shift"):
                (kernel,) = getattr(layer, table).get_weights()
                getattr(ours, table).weight.data.copy_(torch.as_tensor(kernel.T))
            continue
        if layer.name.startswith("norm"):
            names = "weight", "bias", "running_mean", "running_var"
        else:
            names = "weight", "bias"
            axes = (1, 0) if weights[0].ndim == 2 else (3, 2, 0, 1)
            weights[0] = weights[0].transpose(axes)
        for part, value in zip(names, weights, strict=False):
            getattr(ours, part).data.copy_(torch.as_tensor(value.copy()))
