"""Published checkpoints, as checkpoints of this package."""
