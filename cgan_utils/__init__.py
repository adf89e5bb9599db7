"""A small helper package for learning conditional GANs, one module for each notebook of the series."""

from . import _quiet  # first: it imports TensorFlow without its log
from .callbacks import LabelUseProbe, Snapshots, StopOnNaN, TimeBudget
from .conditioning import (
    CONDITIONINGS,
    ConditionalBatchNormalization,
    build_conditional_norm_generator,
    build_conditioned_discriminator,
)
from .data import LabeledImages, load_images, mismatched_labels, one_hot
from .discriminator import LabelPlanes, build_discriminator, build_published_discriminator
from .downstream import classification_accuracy_score, make_rare, rare_class_gain
from .evaluation import Scores, evaluate, memorization
from .figures import grid, live_images, plot_losses, save_gif, show_images, show_source, use_style
from .generator import Sampler, build_generator, build_published_generator, multiply_adds
from .interpolation import interpolate_labels, label_path, latent_path
from .judge import Judge, conditional_accuracy
from .losses import (
    discriminator_loss,
    fake_loss,
    gradient_penalty,
    non_saturating_loss,
    r1_penalty,
    real_loss,
    saturating_loss,
    squared_slopes,
    value,
    wasserstein_fake_loss,
    wasserstein_real_loss,
)
from .pretrained import load_pretrained, load_strip
from .recipes import RECIPES, Recipe, train
from .results import load_results
from .training import ConditionalGAN
from .wasserstein import PenalizedGAN
from .widgets import (
    explore,
    explore_discriminator,
    explore_interpolation,
    explore_mixture,
    explore_training,
)
