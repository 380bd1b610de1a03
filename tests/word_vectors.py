"""A static model of a few words, made here, as Model2Vec writes one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

WORDS = ["[UNK]", "type", "category", "kg", *map(str, range(40))]


def save_model(folder: Path) -> None:
    """Write the model into a folder, and its vectors as numbers.npy beside it."""
    model2vec = pytest.importorskip("model2vec")
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokens = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, "[UNK]"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    numbers = np.random.default_rng(1).normal(size=(len(WORDS), 8)).astype(np.float32)
    numbers[0] = 0
    model2vec.StaticModel(numbers, tokens, config={}).save_pretrained(str(folder))
    np.save(folder / "numbers.npy", numbers)
