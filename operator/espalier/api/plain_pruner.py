"""A pruner by itself, which depends on no study and on nothing that is kept elsewhere."""

from __future__ import annotations

from espalier.api.declared_model import choice_of
from espalier.api.plugin import PLUGIN, PluginSettings
from espalier.api.sectioned import Sectioned, TypeChoice, many, sections
from espalier.pruning.pruners.base import Pruner, SettingsError
from espalier.pruning.pruners.composition import MOST_PARTS, AllOf, AnyOf
from espalier.pruning.pruners.registry import BUILT_IN, make

_PLUGIN = TypeChoice(
    PLUGIN,
    PluginSettings,
    "Settings of type Plugin: a pruner that is installed beside the operator.",
    "the name of its entry point",
)


LEAVES = tuple(
    sorted((*map(choice_of, BUILT_IN.values()), _PLUGIN), key=lambda choice: choice.type)
)
"""What a plain pruner may be: everything that is registered, and what others offer."""


class Buildable(Sectioned):
    """What describes a pruner."""

    def build(self) -> Pruner:
        """Make the pruner.

        Raises
        ------
        SettingsError
            If the settings cannot be used.
        """
        if self.type == PLUGIN:
            if self.settings is None:
                raise SettingsError("pruner: expected plugin with a name, got none; add plugin")
            return make(self.settings.name, self.settings.arguments())
        given = {} if self.settings is None else self.settings.model_dump(by_alias=False)
        # Says where a prior is to be found, which is no setting of the pruner.
        given.pop("prior", None)
        return make(self.type, given)


@sections(LEAVES)
class LeafSpec(Buildable):
    """One pruner: its type, and settings in the section that is named after the type."""

    type: str
    """Which pruner judges."""


COMPOSITES = (
    TypeChoice(
        AllOf.name,
        many(LeafSpec, MOST_PARTS),
        "Type All prunes a trial if all of these say so at the same step.",
        "the pruners that must agree",
    ),
    TypeChoice(
        AnyOf.name,
        many(LeafSpec, MOST_PARTS),
        "Type Any prunes a trial if any of these says so.",
        "the pruners of which one is enough",
    ),
)


class Composed(Buildable):
    """What describes a pruner, or several that are combined."""

    def build(self) -> Pruner:
        """Make the pruner.

        Raises
        ------
        SettingsError
            If the settings cannot be used.
        """
        for composite in (AllOf, AnyOf):
            if self.type == composite.name:
                return composite(of=tuple(leaf.build() for leaf in self.settings or ()))
        return super().build()


@sections((*COMPOSITES, *LEAVES))
class ProfiledPrunerSpec(Composed):
    """A pruner that depends on no study: its type, and settings in the section named after it."""

    type: str
    """Which pruner judges; Any and All combine several."""
