"""What a user would write instead: the same model in sentence-transformers, and a threshold."""

import sys
from pathlib import Path

from sentence_transformers import SentenceTransformer

folder, *files = sys.argv[1:]
a, b = (Path(file).read_text(encoding="utf-8").splitlines() for file in files)
model = SentenceTransformer(folder)
cosines = model.encode(a) @ model.encode(b).T
for sentence, best in zip(a, cosines.max(axis=1), strict=True):
    if best < 0.85:
        print(f"{best:.2f} {sentence}")
