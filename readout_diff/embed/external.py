"""Any sentence-transformers model, by name or folder, loaded when it is first used."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from readout_diff.embed import Device, Vectors
from readout_diff.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


_HUB_SECONDS = 10.0
_BATCH, _CUDA_BATCH = 32, 256
"""Texts at a time; a GPU is idle with few."""


class ExternalEncoder:
    """One view a text, as the model's own `encode` gives it."""

    def __init__(self, name: str, device: Device = "auto") -> None:
        """`device` is what torch computes on: a GPU where it sees one, by default."""
        self._model_name = name
        self._device = None if device == "auto" else device
        self._model: SentenceTransformer | None = None

    @property
    def name(self) -> str:
        """The name as given; of a folder its last part, since a report travels."""
        folder = Path(self._model_name)
        return folder.resolve().name if folder.is_dir() else self._model_name

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), d); ModelError where the model can't be loaded."""
        if self._model is None:
            self._model = self._load()
        # Tokenizers speak UTF-8, which has no lone surrogates.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        vectors = self._model.encode(
            clean,
            batch_size=_CUDA_BATCH if self._model.device.type == "cuda" else _BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return np.asarray(vectors, dtype=np.float32)

    def _load(self) -> "SentenceTransformer":
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ModelError(
                f"--model needs sentence-transformers, which can't be imported ({error}); install "
                "it with `pip install sentence-transformers`."
            ) from error
        if self._device == "cuda":
            _check_cuda()
        _hush()
        local = Path(self._model_name).exists()
        try:
            return SentenceTransformer(self._model_name, device=self._device, local_files_only=True)
        except Exception as error:  # whatever the file system, torch or the hub's cache raise
            if local:
                raise self._refusal(error) from error
        try:
            # Loading asks the hub again and again where there is none; this asks once.
            from huggingface_hub import HfApi

            HfApi().model_info(self._model_name, timeout=_HUB_SECONDS)
            return SentenceTransformer(self._model_name, device=self._device)
        except Exception as error:
            raise self._refusal(error) from error

    def _refusal(self, error: Exception) -> ModelError:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")
        return ModelError(
            f"The model {self._model_name!r} can't be loaded ({reason}); give the folder of a "
            "sentence-transformers model, or a name that the model hub or its cache has."
        )


def _check_cuda() -> None:
    import torch

    if not torch.cuda.is_available():
        raise ModelError("torch sees no GPU here (CUDA); leave --device out, or give --device cpu.")


def _hush() -> None:
    """Keep the libraries' own bars and notes off standard error, where our progress goes."""
    import logging

    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for name in ("sentence_transformers", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.ERROR)
