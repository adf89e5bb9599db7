"""What several tests share. Imports cgan_utils first, which quiets TensorFlow's start-up log."""

import os
import shutil
import warnings

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


BROWSERS = ["chromium", "google-chrome", "chromium-browser"]


def missing(what: str) -> None:
    """Skip with a warning; where CI is set, as for pull requests, fail instead."""
    reason = f"NOT TESTED IN A BROWSER: {what}."
    if os.environ.get("CI"):
        pytest.fail(reason)
    warnings.warn(reason, stacklevel=2)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def chromium():
    """A browser. Needs Playwright, which the dev extra installs, and the machine's own Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        missing("there is no Chromium (on Debian and Ubuntu: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("there is no Playwright (pip install playwright)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
