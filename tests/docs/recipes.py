"""Pages that add something to the project, carried out on a copy of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
COPIED = ("operator", "sidecar", "crds", "charts", "docs", "tests", "tools")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", "*.egg-info", ".*")


class Recipe:
    """A copy of the project in which a page has been followed to the letter.

    A block of Python is a new file, whose path is its first line; a block of `diff` changes what
    it names; then everything is generated.
    """

    def __init__(self, page: str, folder: Path) -> None:
        self.root = folder / "project"
        for name in COPIED:
            shutil.copytree(ROOT / name, self.root / name, ignore=LEFT_OUT)
        shutil.copy(ROOT / "pyproject.toml", self.root)
        self._generate()
        before = self._texts()
        blocks = FENCE.findall((ROOT / page).read_text(encoding="utf-8"))
        for language, text in blocks:
            if language in ("python", "json") and text.startswith(("# ", "// ")):
                self._create(text)
            elif language == "diff":
                self._change(text)
        self._generate()
        after = self._texts()
        self.touched = {path for path, text in after.items() if before.get(path) != text}
        listed = next(text for language, text in blocks if language == "text")
        self.listed = {line.split()[0] for line in listed.splitlines()}

    def python(self, *arguments: str) -> str:
        """Run Python on the copy; return what it prints."""
        paths = [self.root / "operator", self.root / "sidecar", self.root]
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def checked(self, path: str) -> None:
        """Check that a file is linted and formatted as the project's are."""
        for act in (["check"], ["format", "--check"]):
            self.python("-m", "ruff", *act, "--no-cache", path)

    def _generate(self) -> None:
        self.python("-m", "espalier.generate", "--root", str(self.root))

    def _create(self, text: str) -> None:
        first, _, content = text.partition("\n")
        path = self.root / first.split()[1]
        assert not path.exists()
        path.write_text(content, encoding="utf-8")

    def _change(self, diff: str) -> None:
        path = self.root / diff.splitlines()[0].split()[1]
        text = path.read_text(encoding="utf-8")
        for hunk in diff.split("\n@@\n")[1:]:
            lines = hunk.splitlines()
            old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
            new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
            assert text.count(old) == 1, f"{path} has not, or more than once:\n{old}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def _texts(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
