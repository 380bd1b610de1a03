"""Where ALS is fitted: on the processor, or by `implicit`'s own CUDA kernels."""

from __future__ import annotations


def on_gpu(device: str) -> bool:
    """Say whether to fit on a GPU: `cpu` no, `gpu` yes, `auto` where there is one.

    Raises:
        ValueError: a GPU is asked for, and `implicit` cannot use one here.

    >>> on_gpu("cpu")
    False
    """
    if device == "cpu":
        return False
    import implicit.gpu

    if device == "gpu" and not implicit.gpu.HAS_CUDA:
        raise ValueError(
            "var als_device is gpu, and implicit finds no GPU that it can use: that "
            "takes CUDA, an NVIDIA GPU and package rmm. Set als_device to auto or cpu."
        )
    return bool(implicit.gpu.HAS_CUDA)
