"""toy_city: a procedural street-video data set in Cityscapes' layout."""
