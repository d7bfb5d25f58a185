"""Facts of data sets and the arithmetic of panoptic labels."""
