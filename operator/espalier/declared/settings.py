"""What a class of settings is that a `type` chooses."""

from __future__ import annotations

from typing import ClassVar

from espalier.declared.rule import AnyRule


class Declared:
    """A dataclass that a `type` chooses; its fields are the settings of the type's section.

    A field's annotation declares its bounds, and the docstring what it means; the docstrings of a
    class and its bases count.

    Attributes
    ----------
    name
        The type that a Study chooses it by.
    rules
        What must hold between settings, beyond the bounds that their annotations declare.
    not_in_study
        Settings that a Study cannot give.
    """

    name: ClassVar[str]
    rules: ClassVar[tuple[AnyRule, ...]] = ()
    not_in_study: ClassVar[frozenset[str]] = frozenset()
