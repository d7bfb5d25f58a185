"""The run's first training example as the model sees it now, again and again."""

import functools

import tensorflow as tf

from naive_student_tf.train import cluster


def build_draw(pictures, data, reader, *, strategy, model, targets):
    """Returns draw() -> function without arguments -> uint8 [H, W, 3].

    `draw` asks the device for one forward pass of one example on every replica; the
    function that it returns waits for it and draws, in whatever thread.

    Args:
        pictures: callable, (targets, outputs), dicts of NumPy arrays [1, ...] ->
            uint8 [H, W, 3].
        data, reader: TrainingData, and what it opened.
        strategy: tf.distribute.Strategy.
        model: Keras model, image -> dict of outputs.
        targets: callable, batch -> dict with `image`.
    """

    @functools.cache
    def example():
        every = data.global_batch_size  # of size 1
        dataset = reader.dataset(
            start_step=0,
            num_steps=1,
            host=0,
            num_hosts=1,
            num_replicas=every,
            remote=cluster.is_remote(strategy),
        )
        return next(iter(dataset.take(1)))

    def forward(batch):
        wanted = targets(batch)
        return wanted, model(wanted["image"], training=False)

    look = tf.function(lambda batch: strategy.run(forward, (batch,)))

    def draw():
        found = look(example())

        def first(value):
            return strategy.experimental_local_results(value)[0].numpy()

        return lambda: pictures(*tf.nest.map_structure(first, found))

    return draw
