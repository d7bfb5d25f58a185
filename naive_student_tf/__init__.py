"""Naive-Student (Chen et al., ECCV 2020) in TensorFlow 2.

Data flows one way through the rooms of this package:
data -> model -> losses -> train -> pseudo_label -> evaluate -> iterate.
"""

import os

# oneDNN's AVX-512 kernels corrupt the heap in the backward pass of Conv2D on
# some x86 servers (TensorFlow 2.20: "malloc assertion failure", or a silent
# death). AVX2 is as fast there. All of this must be set before TensorFlow is
# imported; a value the user has set wins.
os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX2")
# TensorFlow calls a missing GPU an error; what matters comes as an exception.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A record is fetched by opening its file, and of a file on gs:// TensorFlow fetches at
# least a block: 64 MiB, in its TPU builds 512 MiB, kept in up to 160 GiB of memory.
# A frame has 2.3 MB: in blocks of 4 MiB that nobody keeps, it is one request.
os.environ.setdefault("GCS_READ_CACHE_BLOCK_SIZE_MB", "4")
os.environ.setdefault("GCS_READ_CACHE_MAX_SIZE_MB", "0")
