from collections.abc import Iterator
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from headwater.embedding.open import open_dense
from headwater.embedding.tokens import ModelTokens
from headwater.interfaces import Tokens


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """The default model's own: words, with line breaks for free."""
    return open_dense("packaged", tmp_path_factory.mktemp("models")).tokens


@pytest.fixture(scope="session")
def byte_tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    """A tokenizer of the other family: bytes, with line breaks and spaces as tokens, merged across them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_sentences(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    file = tmp_path_factory.mktemp("bytes") / "tokenizer.json"
    tokenizer.save(str(file))
    return ModelTokens(Path(file), 96)


def _sentences() -> Iterator[str]:
    for number in range(200):
        yield f"Rotate key {number} before the end of the month.\n\nThen tell the {number}th team, in writing:\n- who\n"
