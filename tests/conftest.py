"""What several tests share. Imports cgan_utils first, which quiets TensorFlow's start-up log."""

import numpy as np
import pytest

import cgan_utils as cg


@pytest.fixture(scope="session")
def digits():
    return cg.load_images("mnist", "train")


@pytest.fixture(scope="session")
def few(digits):
    """Three batches of 32: enough to train on for a moment."""
    chosen = np.random.default_rng(0).permutation(len(digits.labels))[:96]
    return digits.subset(chosen, "96 digits")
