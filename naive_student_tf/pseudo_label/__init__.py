"""A batch job: unlabelled shards in, pseudo-labelled shards out."""
