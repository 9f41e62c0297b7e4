"""Data sets, all from installed packages or from the source text of the standard library."""

from __future__ import annotations

import re
import sysconfig
from collections import Counter
from pathlib import Path

import numpy as np

TOKEN = re.compile(r"[A-Za-z_]\w*")


def standardise(x: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance per column, float32."""
    return ((x - x.mean(0)) / (x.std(0) + 1e-9)).astype(np.float32)


def stdlib_sources(least: int = 3000) -> list[tuple[str, str]]:
    """(module name, source) of the top-level stdlib modules of at least `least` characters."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    found = []
    for path in sorted(folder.glob("*.py")) + sorted(folder.glob("*/*.py")):
        if "site-packages" in path.parts or "test" in path.parts or "idlelib" in path.parts:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        if len(text) >= least and "encodings" not in path.parts:
            found.append((path.relative_to(folder).as_posix(), text))
    return found


def token_counts(modules: int, tokens: int) -> np.ndarray:
    """Counts [modules, tokens] of the most frequent tokens in the longest modules."""
    sources = sorted(stdlib_sources(), key=lambda item: -len(item[1]))[:modules]
    counts = [Counter(TOKEN.findall(text)) for _, text in sources]
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one.keys())
    vocabulary = [token for token, _ in total.most_common(tokens)]
    return np.array([[one[token] for token in vocabulary] for one in counts], dtype=float)


def identifiers() -> list[str]:
    """Distinct lower-case identifiers of the stdlib, sorted."""
    found: set[str] = set()
    for _, text in stdlib_sources():
        found.update(TOKEN.findall(text))
    return sorted(w for w in found if w.isascii() and w == w.lower() and w.strip("_"))


def labelled_lines(
    classes: int, vocabulary: int, words: int, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers [count, words] (-1: none) of source lines and the module of each line."""
    sources = sorted(stdlib_sources(), key=lambda item: -len(item[1]))[: 3 * classes : 3]
    lines: list[tuple[list[str], int]] = []
    for label, (_, text) in enumerate(sources):
        found = {tuple(TOKEN.findall(line)) for line in text.splitlines()}
        lines.extend((list(tokens), label) for tokens in sorted(found) if len(tokens) >= 3)
    counts = Counter(token for tokens, _ in lines for token in tokens)
    number = {token: i for i, (token, _) in enumerate(counts.most_common(vocabulary))}
    order = np.random.default_rng(9).permutation(len(lines))[:count]
    table = np.full((count, words), -1, np.int32)
    for row, pick in enumerate(order):
        known = [number[t] for t in lines[pick][0] if t in number][:words]
        table[row, : len(known)] = known
    return table, np.array([lines[pick][1] for pick in order], np.int32)


def token_stream(vocabulary: int, length: int) -> np.ndarray:
    """The stdlib's tokens in order, as numbers; tokens outside the vocabulary are left out."""
    tokens: list[str] = []
    for _, text in stdlib_sources():
        tokens.extend(TOKEN.findall(text))
    number = {t: i for i, (t, _) in enumerate(Counter(tokens).most_common(vocabulary))}
    return np.array([number[t] for t in tokens if t in number][:length], np.int32)
