"""Numbers as they are printed: what is read as one, and what is refused rather than misread."""

from __future__ import annotations

import re

from espalier_sidecar.errors import BadReport
from espalier_sidecar.text import clip

NUMBER = (
    r"[-+]?(?:(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"
    r"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])"
)
"""A number as Python prints it, in any case."""
WRAPPED = (
    r"(?:(?:np|numpy|jnp|cp|torch|tf)\.)?(?:float\d*|bfloat16|u?int\d*|longdouble|[tT]ensor|[aA]rray"
    r"|DeviceArray)\(\s*"
)
"""What libraries print before a number that is an object of theirs: `np.float64(`, `tensor(`."""
_PRINTED = re.compile(
    rf"[\"']?(?:(?:{WRAPPED})(?P<inner>{NUMBER})\s*(?:,[^()]*\)?|\)+|\Z)|(?P<bare>{NUMBER}))"
    r"\s*%?[\"',;:)\]}|]*\.?",
    re.ASCII,
)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[,'’ ]\d{3})+(?:\.\d*)?\D*", re.ASCII)
_COMMA = re.compile(r"[-+]?\d*,\d+(?:[eE][-+]?\d+)?\D*", re.ASCII)
_GOES_ON = re.compile(r"\d|\.\d|[eE][-+]?\d|_\d", re.ASCII)
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_THOUSANDS = re.compile(r"(?:,\d{3})+(?![\d])", re.ASCII)
_COMMA_BEHIND = re.compile(r",\d[\d,.]*", re.ASCII)
_SIGNED = re.compile("(?:^|[\\s=:,;(\\[{|'\"])[-\N{MINUS SIGN}]\\Z")
_BEGUN = re.compile(r"\d\.?\Z", re.ASCII)


def number_in(text: str) -> float:
    """Return the number that a text is: `0.31`, `4.2e-06`, `93.1%` (93.1), `np.float64(0.3)`.

    Raises
    ------
    BadReport
        If it is none, or has a decimal comma or separators of thousands.
    """
    text = text.strip()
    if found := _PRINTED.fullmatch(text):
        return float(found["inner"] or found["bare"])
    if _GROUPED.fullmatch(text):
        raise BadReport(
            f"expected a number without separators of thousands; came {clip(text)}: "
            "have it printed without them"
        )
    if _COMMA.fullmatch(text):
        raise BadReport(
            f"expected a number with a decimal point; came {clip(text)}: "
            "have it printed with a point in place of the comma"
        )
    raise BadReport(f"expected a number; came {clip(text)}")


def check_whole(match: re.Match[str], name: str) -> None:
    """Check that a pattern's group has taken a number as a whole, and not cut it.

    Parameters
    ----------
    match
        What the pattern has found.
    name
        The group's name; a step may be followed by a comma and another number, as in a table.

    Raises
    ------
    BadReport
        If the number goes on before or behind the group.
    """
    text, (start, end) = match.string, match.span(name)
    group, before, behind = text[start:end], text[max(0, start - 2) : start], text[end : end + 24]
    if not group or not (group[0].isdigit() or group[0] in "-+."):
        return
    if _SIGNED.search(before) or _BEGUN.search(before) or _goes_on(group, behind):
        shown = clip(text[max(0, start - 8) : end + 16].strip())
        raise BadReport(
            f"expected all of a number; the pattern takes {clip(group)} out of {shown}: let the "
            f"group {name} take sign, point and exponent too, as \\S+ does"
        )
    if not _WHOLE.fullmatch(group) or before[-1:] == ",":
        return
    # A comma and digits are a row's next column, or else belong to the number.
    row = start == 0 and match.end() > end
    if found := (_THOUSANDS if name == "step" else _COMMA_BEHIND).match("" if row else behind):
        number_in(group + found[0])


def _goes_on(group: str, behind: str) -> bool:
    if group[-1] == ".":
        return behind[:1].isdigit()
    return group[-1].isdigit() and _GOES_ON.match(behind) is not None
