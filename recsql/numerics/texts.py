"""Texts in, vectors out: static models of words, read from a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recsql.errors import InputError, install

Floats = npt.NDArray[np.float32]


def static_vectors(texts: Sequence[str], folder: str) -> Floats:
    """Return a vector for each text, shape (texts, numbers); zeros where none is known.

    Model2Vec (Tulkens and van Dongen 2024): the weighted mean of the vectors of a
    text's tokens. Nothing is fetched: all is read from the folder.

    Args:
        texts: any texts.
        folder: as `StaticModel.save_pretrained` writes it.

    Raises:
        InputError: the folder holds no such model, or `model2vec` is not installed.
    """
    try:
        from model2vec import StaticModel
    except ModuleNotFoundError:
        raise InputError(
            f"var embed: static needs model2vec: {install('embed')}"
        ) from None
    if not (Path(folder) / "config.json").is_file():
        raise InputError(
            f"var embed_folder: {folder}: no model is there. A folder of Model2Vec has "
            "config.json, model.safetensors and tokenizer.json."
        )
    try:
        model = StaticModel.from_pretrained(folder)
    except Exception as error:
        raise InputError(f"var embed_folder: {folder}: {error}") from None
    found = model.encode(texts, use_multiprocessing=False)
    return np.asarray(found, dtype=np.float32).reshape(len(texts), -1)
