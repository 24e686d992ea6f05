"""Write the bundled model into the user's cache, once and whole.

A model folder appears under its final name by one rename, after every file in it is written; two
processes may do so at once, and the one that comes second throws its own away. `files.json` lists
the sizes, so that a folder that lost a file is made anew.
"""

import contextlib
import functools
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import asdict
from numpy.typing import NDArray

from readout_diff.embed import Progress
from readout_diff.embed.packed import PackedModel, read_packed
from readout_diff.errors import ModelError

_NAME = "bundled-encoder-"
FOLDER = f"{_NAME}6"
"""The trailing number changes whenever the files written here do."""

WEIGHTS = "model.safetensors"
LIGHT_GRAPH = "light/encoder.onnx"
LIGHT_MATRICES = "light/encoder.bin"
LIGHT_CHECK = "light/check.onnx"
LIGHT_PIECES = "light/pieces.model"
LIGHT_INDEX = "light/pieces.safetensors"
USE_GRAPH = "light/use.onnx"
USE_MATRICES = "light/use.bin"
USE_TABLE = "light/use.safetensors"
USE_INDEX = "light/use-pieces.safetensors"
_MANIFEST = "files.json"
_STALE_SECONDS = 3600

CACHE_VARIABLE = "READOUT_DIFF_CACHE"


def cache_folder(cache_dir: Path | None = None) -> Path:
    """`cache_dir`, else the environment's READOUT_DIFF_CACHE, else the platform's user cache."""
    if cache_dir is not None:
        return Path(cache_dir)
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return Path(given)
    import platformdirs

    return platformdirs.user_cache_path("readout-diff", appauthor=False)


def unpacked(cache_dir: Path | None = None) -> bool:
    """Whether the bundled model is in the cache already."""
    return _whole(cache_folder(cache_dir) / FOLDER)


def model_folder(cache_dir: Path | None = None, progress: Progress | None = None) -> Path:
    """The bundled model's folder, written first where it is not there yet; ModelError."""
    cache = cache_folder(cache_dir)
    folder = cache / FOLDER
    if _whole(folder):
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        temporary = Path(tempfile.mkdtemp(prefix=f".{FOLDER}.", dir=cache))
        try:
            # A folder inside, since the temporary one itself can be read by its owner only.
            part = temporary / FOLDER
            part.mkdir()
            _write(part, progress or (lambda _what, _share: None))
            _publish(part, folder)
            _forget_former(cache, temporary)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"The bundled model can't be written to {cache} ({error.strerror or error}); free "
            f"350 MB there, or choose another folder with --cache-dir or {CACHE_VARIABLE}."
        ) from error
    return folder


def _whole(folder: Path) -> bool:
    try:
        sizes = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if not isinstance(sizes, dict) or WEIGHTS not in sizes:
            return False
        return all((folder / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError):
        return False


def _publish(part: Path, folder: Path) -> None:
    """Give the finished folder its name; where another process was first, keep the other's."""
    for _ in range(3):
        try:
            part.rename(folder)
        except OSError:
            if _whole(folder):
                return
            # What stands there is broken: out of the way with it, in one step.
            broken = Path(tempfile.mkdtemp(prefix=f".{FOLDER}.", dir=folder.parent))
            with contextlib.suppress(OSError):
                folder.rename(broken / "broken")
            shutil.rmtree(broken, ignore_errors=True)
        else:
            return
    raise OSError(f"{folder} is in the way")


def _sweep(cache: Path) -> None:
    """Throw away what an interrupted run left, unless it may still be at work."""
    for left in cache.glob(f".{_NAME}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(left, ignore_errors=True)


def _forget_former(cache: Path, away: Path) -> None:
    """Put what former versions unpacked where it will be thrown away, whole or not at all.

    A version that is still used would unpack it again.
    """
    for former in cache.glob(f"{_NAME}*"):
        number = former.name.removeprefix(_NAME)
        if number.isdecimal() and int(number) < int(FOLDER.removeprefix(_NAME)):
            with contextlib.suppress(OSError):  # one that is open can't be moved everywhere
                former.rename(away / former.name)


def _write(folder: Path, progress: Progress) -> None:
    what = "unpacking the bundled model (once)"
    progress(what, 0.0)
    packed = read_packed()
    progress(what, 0.05)
    writers = _writers(packed)
    sizes = {}
    for name, (weight, content) in writers.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content())
        sizes[name] = path.stat().st_size
        progress(what, weight)
    (folder / _MANIFEST).write_text(json.dumps(sizes, indent=1), encoding="utf-8")
    progress(what, 1.0)


def _writers(packed: PackedModel) -> dict[str, tuple[float, Callable[[], bytes]]]:
    """File -> (share done once it is written, its content)."""
    from safetensors.numpy import save

    from readout_diff.embed import graph, quantized, tokenizer, use_graph
    from readout_diff.embed.network import weights_apart
    from readout_diff.embed.use import table_of

    e5 = functools.cache(lambda: weights_apart(graph.build(packed), Path(LIGHT_MATRICES).name))
    use = functools.cache(lambda: weights_apart(_of_use(use_graph.build), Path(USE_MATRICES).name))
    pieces = tokenizer.piece_model(packed, tokenizer.read_charsmap())

    def as_json(value: object) -> Callable[[], bytes]:
        return lambda: json.dumps(value, indent=1).encode()

    return {
        LIGHT_GRAPH: (0.1, lambda: e5()[0]),
        LIGHT_MATRICES: (0.1, lambda: e5()[1]),
        LIGHT_CHECK: (0.1, quantized.check),
        LIGHT_PIECES: (0.2, lambda: pieces),
        LIGHT_INDEX: (0.3, lambda: _index(pieces)),
        USE_INDEX: (0.35, lambda: _index(tokenizer.use_piece_model().read_bytes())),
        USE_GRAPH: (0.37, lambda: use()[0]),
        USE_MATRICES: (0.37, lambda: use()[1]),
        USE_TABLE: (0.4, lambda: _of_use(lambda arrays: bytes(save(table_of(arrays))))),
        "tokenizer.json": (0.6, lambda: tokenizer.tokenizers_json(packed).encode()),
        WEIGHTS: (0.99, lambda: _weights(packed)),
        **{name: (0.99, as_json(value)) for name, value in _settings(packed)},
    }


def _of_use(make: Callable[[Mapping[str, NDArray[Any]]], bytes]) -> bytes:
    """What is made of the second encoder's arrays."""
    from readout_diff.embed.tokenizer import use_weights

    with np.load(use_weights(), allow_pickle=False) as arrays:
        return make(arrays)


def _index(model: bytes) -> bytes:
    """The index of a SentencePiece model, as a file."""
    from safetensors.numpy import save

    from readout_diff.embed.pieces import PieceIndex

    return bytes(
        save({name: np.ascontiguousarray(a) for name, a in asdict(PieceIndex.of(model)).items()})
    )


def _settings(packed: PackedModel) -> Iterator[tuple[str, object]]:
    """The small files that make the folder one of sentence-transformers."""
    from readout_diff.embed.e5 import PREFIX
    from readout_diff.embed.tokenizer import PAD

    shape = packed.shape
    yield (
        "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "dtype": "float32",
            "hidden_act": "gelu",
            "hidden_size": shape.hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": shape.feed_forward,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": shape.token_types,
            "layer_norm_eps": shape.epsilon,
            "pad_token_id": 0,
        },
    )
    yield (
        "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": shape.positions,
            "clean_up_tokenization_spaces": False,
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "pad_token_id": PAD,
            "unk_token": "<unk>",
            "mask_token": "<mask>",
        },
    )
    modules = (
        ("", "Transformer"),
        ("1_Pooling", "Pooling"),
        ("2_Normalize", "Normalize"),
    )
    yield (
        "modules.json",
        [
            {
                "idx": number,
                "name": str(number),
                "path": path,
                "type": f"sentence_transformers.models.{kind}",
            }
            for number, (path, kind) in enumerate(modules)
        ],
    )
    yield (
        "1_Pooling/config.json",
        {"word_embedding_dimension": shape.hidden, "pooling_mode_mean_tokens": True},
    )
    yield "2_Normalize/config.json", {}
    yield (
        "sentence_bert_config.json",
        {"max_seq_length": shape.positions, "do_lower_case": False},
    )
    yield (
        "config_sentence_transformers.json",
        {
            "prompts": {"query": PREFIX, "passage": "passage: "},
            "default_prompt_name": "query",
            "similarity_fn_name": "cosine",
        },
    )


def _weights(packed: PackedModel) -> bytes:
    """All weights under BertModel's names, in float16: twice what their 4 bits hold."""
    from safetensors.numpy import save

    shape = packed.shape
    tensors = {
        "embeddings.word_embeddings.weight": packed.matrix("emb.word", shape.hidden),
        "embeddings.position_embeddings.weight": packed.vector("emb.pos").reshape(-1, shape.hidden),
        "embeddings.token_type_embeddings.weight": packed.vector("emb.type").reshape(
            -1, shape.hidden
        ),
        "embeddings.LayerNorm.weight": packed.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": packed.vector("emb.ln.b"),
    }
    # Not in the package and not used by mean pooling; left out, loaders would warn.
    tensors["pooler.dense.weight"] = np.zeros((shape.hidden, shape.hidden), np.float32)
    tensors["pooler.dense.bias"] = np.zeros(shape.hidden, np.float32)
    parts = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
        "fi": "intermediate.dense",
        "fo": "output.dense",
        "aln": "attention.output.LayerNorm",
        "oln": "output.LayerNorm",
    }
    for layer in range(shape.layers):
        for short, long in parts.items():
            name, target = f"l{layer}.{short}", f"encoder.layer.{layer}.{long}"
            tensors[f"{target}.bias"] = packed.vector(f"{name}.b")
            if short.endswith("ln"):
                tensors[f"{target}.weight"] = packed.vector(f"{name}.w")
            else:
                inputs = shape.feed_forward if short == "fo" else shape.hidden
                tensors[f"{target}.weight"] = packed.matrix(f"{name}.w", inputs)
    return bytes(save({name: np.asarray(value, np.float16) for name, value in tensors.items()}))
