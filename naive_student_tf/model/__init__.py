"""Tensors in, tensors out: networks, test-time augmentation, grouping."""
