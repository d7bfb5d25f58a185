"""What the real steps need on a Cloud TPU, asked of its compiler without one."""
