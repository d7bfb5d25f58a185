"""Losses of Panoptic-DeepLab, one float per example."""
