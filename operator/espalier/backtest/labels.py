"""Where the labels of points go, so that they cover neither each other nor a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 10.0
"""Of a label, and its font's size."""
LETTER, PERCENT = 6.2, 9.6
"""Width of a letter at this size, on average, and of the widest that labels have."""
MARK = 5.0
"""Half the side of the square that a point's mark fills."""


@dataclass(frozen=True)
class Box:
    """A rectangle on the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Box) -> float:
        """Give the area that two boxes share."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def holds(self, other: Box) -> bool:
        """Whether the other box lies within this one."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


def width(text: str, size: float = HEIGHT) -> float:
    """Give about how wide a text is."""
    return sum(PERCENT if letter == "%" else LETTER for letter in text) * size / HEIGHT


def placed(
    points: Sequence[tuple[float, float]], texts: Sequence[str], lines: Sequence[Box], frame: Box
) -> list[Box | None]:
    """Give each text a box beside its point, or None where it would cover a word or a mark.

    Parameters
    ----------
    points
        Where the marks are, the most important ones first.
    texts
        What is written beside each; nothing where it is empty.
    lines
        Boxes that are better left free, such as the bars of intervals.
    frame
        Outside it nothing is written.
    """
    taken = [Box(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in points]
    found: list[Box | None] = []
    for (x, y), text in zip(points, texts, strict=True):
        free = [
            box
            for box in (_around(x, y, width(text)) if text else ())
            if frame.holds(box) and not any(box.shared(other) for other in taken)
        ]
        best = min(free, key=lambda box: sum(map(box.shared, lines)), default=None)
        found.append(best)
        if best is not None:
            taken.append(best)
    return found


def _around(x: float, y: float, wide: float) -> list[Box]:
    near, far = MARK + 1.0, MARK + 9.0
    corners = [(x + near, y - near - HEIGHT), (x + near, y + near)]
    corners += [(x - near - wide, y - near - HEIGHT), (x - near - wide, y + near)]
    corners += [(x + near, y - HEIGHT / 2), (x - near - wide, y - HEIGHT / 2)]
    corners += [(x + near, y - far - HEIGHT), (x + near, y + far)]
    corners += [(x - near - wide, y - far - HEIGHT), (x - near - wide, y + far)]
    return [Box(left, top, left + wide, top + HEIGHT) for left, top in corners]
