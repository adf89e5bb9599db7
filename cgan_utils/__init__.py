"""A small helper package for learning conditional GANs, one module for each notebook of the series."""

from . import _quiet  # first: it imports TensorFlow without its log
from .callbacks import Snapshots, StopOnNaN, TimeBudget
from .data import LabeledImages, load_images, mismatched_labels, one_hot
from .discriminator import LabelPlanes, build_discriminator, build_published_discriminator
from .figures import grid, live_images, plot_losses, save_gif, show_images, show_source, use_style
from .generator import Sampler, build_generator, build_published_generator, multiply_adds
from .interpolation import interpolate_labels, label_path, latent_path
from .judge import Judge, conditional_accuracy
from .losses import (
    discriminator_loss,
    fake_loss,
    non_saturating_loss,
    real_loss,
    saturating_loss,
    value,
)
from .pretrained import load_pretrained
from .recipes import RECIPES, Recipe, train
from .training import ConditionalGAN
from .widgets import (
    explore,
    explore_discriminator,
    explore_interpolation,
    explore_mixture,
    explore_training,
)
