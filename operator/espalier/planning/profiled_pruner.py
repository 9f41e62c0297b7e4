"""From a PrunerProfile to what a study has of it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from espalier.api import parse_profile
from espalier.api.checks.rules import check_rules
from espalier.api.pruner import PrunerSpec
from espalier.api.validation import checked
from espalier.errors import SpecError
from espalier.planning.world.pruner_lookup import ProfileLookup

FIELD = "spec.pruner.profile.name"


def found_in_profile(wanted: ProfileLookup, profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a study keeps of a profile, as `JudgeSettings.found` holds it.

    Parameters
    ----------
    wanted
        What the study asks for.
    profile
        The object as the API server gives it.

    Raises
    ------
    SpecError
        If it is none, or its pruner does not suit the study.
    """
    try:
        read = parse_profile(profile)
        plain = read.spec.pruner.model_dump(mode="json", by_alias=True, exclude_none=True)
        pruner = checked(PrunerSpec, plain, "spec.pruner")
        check_rules(wanted.spec.model_copy(update={"pruner": pruner}), "spec")
    except SpecError as error:
        raise SpecError(
            FIELD,
            f"expected a PrunerProfile that suits this Study, got {wanted.name}, of which is said: "
            f"{error}; change the profile, or name another one",
        ) from error
    meta = read.metadata
    told = {
        "name": meta.name,
        "uid": meta.uid,
        "generation": meta.generation,
        "type": pruner.type,
    }
    return {"asked": wanted.asked, "told": {"profile": told}, "pruner": plain}
