"""What is chosen by `type`, with settings in the section that is named after the type.

A table of choices is all that is declared; the sections' fields, the API server's rules, the
operator's checks and the values of `type` are made from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, create_model

from espalier.api.base import Model
from espalier.declared.names import section_of, snake
from espalier.declared.predicates import Or, absent, chosen, has, not_chosen
from espalier.declared.rule import Rule


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """One of the things that a `type` may be.

    Parameters
    ----------
    type
        Its name.
    settings
        The annotation of its section; None if there is no section.
    words
        What the section's description says.
    needed
        What must be given in the section; None if the section may be left out.
    meaning
        What the type stands for, for the description of `type`; empty if that says it all itself.
    named
        The section's name where it is not the type's with a small first letter.
    """

    type: str
    settings: Any = None
    words: str = ""
    needed: str | None = None
    meaning: str = ""
    named: str = ""

    @property
    def section(self) -> str:
        """The section's name in Kubernetes."""
        return self.named or section_of(self.type)

    @property
    def field(self) -> str:
        """The section's name in Python."""
        return snake(self.section)


class Sectioned(Model):
    """A type, and settings in the section that is named after it."""

    choices: ClassVar[Mapping[str, TypeChoice]] = {}
    """What there is to choose from, by type."""

    type: str
    """What is chosen."""

    @property
    def settings(self) -> Any:
        """The section of the chosen type; None if it is not given or there is none."""
        return getattr(self, self.choices[self.type].field, None)


S = TypeVar("S", bound=Sectioned)


def sections(choices: Sequence[TypeChoice]) -> Callable[[type[S]], type[S]]:
    """Make a decorator that gives a model the sections, and the rules, of a table of choices.

    The model itself has `type` with its default and words.
    """

    def decorate(model: type[S]) -> type[S]:
        own = copy(model.model_fields["type"])
        if any(each.meaning for each in choices):
            own.description = " ".join(f"{each.type}: {each.meaning}." for each in choices)
        fields: dict[str, Any] = {
            "type": (Literal[tuple(each.type for each in choices)], own),
            **{
                each.field: (each.settings | None, Field(default=None, description=each.words))
                for each in choices
                if each.settings is not None
            },
        }
        table = {each.type: each for each in choices}
        ruled = type(
            model.__name__,
            (model,),
            {
                "choices": table,
                "rules": (*section_rules(choices), *model.rules),
                "__module__": model.__module__,
                "__doc__": model.__doc__,
            },
        )
        return create_model(
            model.__name__,
            __base__=ruled,
            __module__=model.__module__,
            __doc__=model.__doc__,
            **fields,
        )

    return decorate


def section_rules(choices: Sequence[TypeChoice]) -> tuple[Rule, ...]:
    """Return the rules: only the chosen type's section may be set, and some types need theirs."""
    with_section = [each for each in choices if each.settings is not None]
    only = tuple(_only(each) for each in with_section)
    return (*only, *(_needed(each, each.needed) for each in with_section if each.needed))


def _only(choice: TypeChoice) -> Rule:
    section, kind = choice.section, choice.type
    return Rule(
        condition=Or(absent(section), chosen("type", kind)),
        message=f"{section} belongs to type: {kind}; remove {section}, or choose that type",
        expected=lambda given: f"nothing, since type is {given['type']}, got settings",
        field=f".{section}",
        remedy=f"remove {section}, or set type: {kind}",
    )


def _needed(choice: TypeChoice, what: str) -> Rule:
    section, kind = choice.section, choice.type
    return Rule(
        condition=Or(not_chosen("type", kind), has(section)),
        message=f"type: {kind} needs settings; add {section} with {what}",
        expected=lambda _: f"settings, since type is {kind}, got nothing",
        field=".type",
        operators_field=f".{section}",
        remedy=f"add {section} with {what}",
    )


def many(settings: Any, most: int) -> Any:
    """Return the annotation of a section that is a list of one to so many parts."""
    return Annotated[list[settings], Field(min_length=1, max_length=most)]
