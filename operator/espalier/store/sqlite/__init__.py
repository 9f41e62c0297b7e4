"""All that is SQLite's: where the file lies, how it is opened, written, copied and kept small."""

from __future__ import annotations
