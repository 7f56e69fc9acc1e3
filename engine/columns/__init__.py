"""Market data as columns of 64-bit integers, and the compiled kernels that run over them."""
