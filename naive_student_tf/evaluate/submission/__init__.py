"""Cityscapes' submission formats: written, read, scored, checked."""
