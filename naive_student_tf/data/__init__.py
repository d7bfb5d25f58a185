"""From files on disk to batches of images and labels."""
