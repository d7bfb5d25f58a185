"""toy_vistas: a second procedural street world, in Mapillary Vistas' layout."""
