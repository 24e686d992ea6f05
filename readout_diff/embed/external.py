"""Any sentence-transformers model, by name or folder, loaded when it is first used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from readout_diff.embed import Vectors
from readout_diff.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class ExternalEncoder:
    """One view a text, as the model's own `encode` gives it."""

    def __init__(self, name: str) -> None:
        self._model_name = name
        self._model: SentenceTransformer | None = None

    @property
    def name(self) -> str:
        """The name or folder as given."""
        return self._model_name

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), d); ModelError where the model can't be loaded."""
        if self._model is None:
            self._model = self._load()
        # Tokenizers speak UTF-8, which has no lone surrogates.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        vectors = self._model.encode(clean, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)

    def _load(self) -> "SentenceTransformer":
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelError(
                f"--model needs sentence-transformers, which can't be imported ({error}); install "
                "it with `pip install sentence-transformers`."
            ) from error
        try:
            return SentenceTransformer(self._model_name)
        except Exception as error:  # whatever the hub, the file system or torch raise
            reason = (str(error) or type(error).__name__).strip().splitlines()[0]
            raise ModelError(
                f"The model {self._model_name!r} can't be loaded ({reason}); give the folder of a "
                "sentence-transformers model, or a name that the model hub or its cache has."
            ) from error
