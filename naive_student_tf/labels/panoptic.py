"""Panoptic label arithmetic: the only file that divides by the label divisor.

Convention (Panoptic-DeepLab on Cityscapes trainIds):
    panoptic = category * label_divisor + instance
Stuff has instance 0, instances of things count from 1, and a thing category with
instance 0 is a crowd (group) region. Void is `ignore_label * label_divisor`.

Every function takes NumPy arrays or TensorFlow tensors and gives the same kind.
"""


def pack(category, instance, *, label_divisor):
    """Packs two integer maps of one shape into one.

    Args:
        category: integers [..., H, W], wide enough to hold the product.
        instance: integers [..., H, W], 0..label_divisor - 1; the caller checks
            the bound, since a tensor's values are not known here.
        label_divisor: int.

    Returns:
        integers [..., H, W].
    """
    return category * label_divisor + instance


def unpack(panoptic, *, label_divisor):
    """Inverse of `pack`: returns (category, instance), both [..., H, W]."""
    return panoptic // label_divisor, panoptic % label_divisor
