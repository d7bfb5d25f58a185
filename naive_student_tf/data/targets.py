"""Training targets of Panoptic-DeepLab, made on the device with static shapes.

Source: Panoptic-DeepLab (arXiv:1911.10194), section 3; where it is silent the
choices of the deeplab2 library, as facts: centers are rounded to whole pixels,
Gaussians end 3 sigma + 1 pixels from the center, void and crowd have no weight in
the center loss, small instances weigh more in the semantic loss.
"""

import dataclasses

import tensorflow as tf

from naive_student_tf.labels.label_space import LabelSpace


@dataclasses.dataclass(frozen=True)
class PanopticTargets:
    """Callable: a batch of the pipeline -> images and targets.

    Attributes:
        label_space: LabelSpace.
        sigma: float, of the center Gaussians, in pixels.
        max_instances: int, instances drawn per crop; further ones have no weight
            in the instance losses, like a crowd. The default draws all that a
            segment table can hold.
        small_instance_area: int, pixels; instances below it get ...
        small_instance_weight: float, ... this weight in the semantic loss.
    """

    label_space: LabelSpace
    sigma: float = 8.0
    max_instances: int = 256
    small_instance_area: int = 4096
    small_instance_weight: float = 3.0

    def __call__(self, batch):
        """dict(image, segment, table), see pipeline.py -> dict of
        image: float32 [B, H, W, 3], 0..255.
        category: int32 [B, H, W], ignore_label where void.
        semantic_weight: float32 [B, H, W].
        center_heatmap: float32 [B, H, W, 1]; center_weight: float32 [B, H, W, 1].
        offset: float32 [B, H, W, 2], (dy, dx); offset_weight: [B, H, W, 1].
        """
        table, segment = batch["table"], tf.cast(batch["segment"], tf.int32)
        rows = self._rows(table)  # [B, K, 6]
        maps = tf.gather(rows, segment, batch_dims=1)  # [B, H, W, 6]
        category = tf.cast(maps[..., 0], tf.int32)
        height, width = segment.shape[1:3]
        heatmap = center_heatmap(
            rows[:, : self.max_instances, 4:6],
            rows[:, : self.max_instances, 3] > 0,
            height=height,
            width=width,
            sigma=self.sigma,
        )
        offset_weight = maps[..., 3:4]
        offset = (maps[..., 4:6] - pixel_grid(height, width)) * offset_weight
        return {
            "image": tf.cast(batch["image"], tf.float32),
            "category": category,
            "semantic_weight": maps[..., 1],
            "center_heatmap": heatmap[..., None],
            "center_weight": maps[..., 2:3],
            "offset": offset,
            "offset_weight": offset_weight,
        }

    def _rows(self, table):
        """What a pixel gets from its segment: category, semantic weight, center
        weight, offset weight, center y, center x; float32 [B, K, 6]."""
        category, instance, area = table[..., 0], table[..., 1], table[..., 2]
        things = tf.constant(self.label_space.thing_classes, tf.float32)
        is_thing = tf.reduce_any(category[..., None] == things, -1)
        is_void = category == self.label_space.ignore_label
        is_drawn = tf.range(tf.shape(table)[1]) < self.max_instances
        is_instance = is_thing & (instance > 0) & is_drawn  # they are the first rows
        is_crowd = is_thing & ~is_instance
        is_small = is_thing & (instance > 0) & (area < self.small_instance_area)
        small_weight = self.small_instance_weight
        return tf.stack(
            [
                category,
                tf.where(is_void, 0.0, tf.where(is_small, small_weight, 1.0)),
                tf.where(is_void | is_crowd, 0.0, 1.0),
                tf.where(is_instance, 1.0, 0.0),
                tf.round(table[..., 3]),
                tf.round(table[..., 4]),
            ],
            -1,
        )


def center_heatmap(centers, valid, *, height, width, sigma):
    """Draws one Gaussian per instance center; where two meet, the larger wins.

    Args:
        centers: float32 [B, K, 2], (y, x) in pixels; rounded to whole pixels.
        valid: bool [B, K]; the rest is not drawn.
        height: int, of the crop, in pixels.
        width: int, of the crop, in pixels.
        sigma: float, standard deviation in pixels (Panoptic-DeepLab: 8).

    Returns:
        float32 [B, height, width], in [0, 1]; exactly 1.0 at a center.
    """
    reach = int(3 * sigma + 1)
    steps = tf.range(-reach, reach + 1)
    bump = tf.exp(-tf.cast(steps**2, tf.float32) / (2 * sigma**2))  # [S]
    stamp = tf.where(valid, 1.0, 0.0)[..., None, None] * bump[:, None] * bump
    # Stamps may reach past the border: they are drawn on a larger canvas, as one line.
    batch = tf.shape(centers)[0]
    tall, wide = height + 2 * reach, width + 2 * reach
    place = reach + tf.cast(tf.round(centers), tf.int32)  # [B, K, 2]
    y = (place[..., 0] + tall * tf.range(batch)[:, None])[..., None] + steps
    x = place[..., 1, None] + steps  # [B, K, S]
    pixel = y[..., :, None] * wide + x[..., None, :]  # [B, K, S, S]
    canvas = tf.tensor_scatter_nd_max(
        tf.zeros([batch * tall * wide]), pixel[..., None], stamp
    )
    canvas = tf.reshape(canvas, [batch, tall, wide])
    return canvas[:, reach:-reach, reach:-reach]


def pixel_grid(height, width):
    """(y, x) of every pixel, float32 [height, width, 2]."""
    y, x = tf.meshgrid(
        tf.range(height, dtype=tf.float32),
        tf.range(width, dtype=tf.float32),
        indexing="ij",
    )
    return tf.stack([y, x], -1)
