"""The scalars in an event, read from its protocol buffer without a schema compiler."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

VARINT, EIGHT_BYTES, LENGTH, FOUR_BYTES = 0, 1, 2, 5  # wire types
LONGEST_VARINT = 10

# Fields, by the names that TensorFlow's event.proto, summary.proto and tensor.proto give them.
STEP, SUMMARY = 2, 5
VALUE = 1
TAG, SIMPLE_VALUE, TENSOR = 1, 2, 8
DTYPE, SHAPE, CONTENT = 1, 2, 4
DIMENSION, UNKNOWN_RANK = 2, 3

BFLOAT16 = 14
CONTENTS = {
    1: "<f",
    2: "<d",
    3: "<i",
    4: "<B",
    5: "<h",
    6: "<b",
    9: "<q",
    10: "<?",
    17: "<H",
    19: "<e",
    22: "<I",
    23: "<Q",
}
"""What a number of each type is in `tensor_content`."""
FLOAT_VAL, DOUBLE_VAL, HALF_VAL = 5, 6, 13
SIGNED_VALS = (7, 10)
UNSIGNED_VALS = (11, 16, 17)
VALS = (FLOAT_VAL, DOUBLE_VAL, HALF_VAL, *SIGNED_VALS, *UNSIGNED_VALS)

Field = tuple[int, int, int, int]
"""Of a field: its number, its wire type, and where its content begins and ends."""


class BadEvent(Exception):
    """What should be an event is none."""


class Scalar(NamedTuple):
    """One value of one tag."""

    tag: str
    """What the trainer calls it."""
    step: int
    """The event's step; 0 where the trainer gave none."""
    value: float
    """The value, NaN and infinities included."""


def scalars(event: bytes) -> list[Scalar]:
    """Return the scalars of an event: simple values, and tensors of one number without a shape.

    Raises
    ------
    BadEvent
        If it is no protocol buffer.
    """
    step = 0
    found: list[tuple[str, float]] = []
    for number, wire, start, end in fields(event, 0, len(event)):
        if number == STEP and wire == VARINT:
            step = _signed(_varint(event, start, end)[0])
        elif number == SUMMARY and wire == LENGTH:
            found += _summary(event, start, end)
    return [Scalar(tag, step, value) for tag, value in found]


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """Iterate over the fields of a message that lies between two places.

    Raises
    ------
    BadEvent
        If there is no message.
    """
    while at < end:
        key, at = _varint(data, at, end)
        wire, start = key & 7, at
        if wire == VARINT:
            at = _varint(data, at, end)[1]
        elif wire == LENGTH:
            length, start = _varint(data, at, end)
            at = start + length
        elif wire == FOUR_BYTES:
            at += 4
        elif wire == EIGHT_BYTES:
            at += 8
        else:
            raise BadEvent(f"a field of wire type {wire}")
        if at > end:
            raise BadEvent("a field that is longer than its message")
        yield key >> 3, wire, start, at


def _summary(data: bytes, at: int, end: int) -> Iterator[tuple[str, float]]:
    for number, wire, start, stop in fields(data, at, end):
        if number == VALUE and wire == LENGTH:
            tag, value = _tag_and_value(data, start, stop)
            if value is not None:
                yield tag, value


def _tag_and_value(data: bytes, at: int, end: int) -> tuple[str, float | None]:
    tag, value = b"", None
    for number, wire, start, stop in fields(data, at, end):
        if number == TAG and wire == LENGTH:
            tag = data[start:stop]
        elif number == SIMPLE_VALUE and wire == FOUR_BYTES:
            value = _number("<f", data[start:stop])
        elif number == TENSOR and wire == LENGTH:
            value = _tensor(data, start, stop)
    try:
        return tag.decode(), value
    except UnicodeDecodeError as error:
        raise BadEvent("a tag that is no text") from error


def _tensor(data: bytes, at: int, end: int) -> float | None:
    """Return the number that a tensor is; None if it is a text, or has a shape."""
    dtype, content = 0, b""
    found: list[float] = []
    for number, wire, start, stop in fields(data, at, end):
        if number == DTYPE and wire == VARINT:
            dtype = _varint(data, start, stop)[0]
        elif number == SHAPE and wire == LENGTH:
            if any(each[0] in (DIMENSION, UNKNOWN_RANK) for each in fields(data, start, stop)):
                return None
        elif number == CONTENT and wire == LENGTH:
            content = data[start:stop]
        elif number in VALS and len(found) < 2:
            found += _vals(data, (number, wire, start, stop), dtype)
    if content:
        return _content(dtype, content)
    return found[0] if len(found) == 1 else None


def _content(dtype: int, content: bytes) -> float | None:
    if dtype == BFLOAT16:
        return _number("<f", b"\0\0" + content)
    return _number(CONTENTS[dtype], content) if dtype in CONTENTS else None


def _vals(data: bytes, field: Field, dtype: int) -> list[float]:
    """Return the first numbers of a repeated field, two at most: packed, or one."""
    number, wire, at, end = field
    if number in (FLOAT_VAL, DOUBLE_VAL):
        form = "<f" if number == FLOAT_VAL else "<d"
        size = struct.calcsize(form)
        end = min(end, at + 2 * size)
        return [_number(form, data[each : each + size]) for each in range(at, end, size)]
    if wire not in (VARINT, LENGTH):
        raise BadEvent(f"whole numbers of wire type {wire}")
    found: list[float] = []
    while at < end and len(found) < 2:
        bits, at = _varint(data, at, end)
        if number == HALF_VAL:
            found.append(_half(bits, dtype))
        else:
            found.append(float(_signed(bits) if number in SIGNED_VALS else bits))
    return found


def _half(bits: int, dtype: int) -> float:
    """Return a number that is written as its sixteen bits, or, by torch, as a float's 32."""
    packed = struct.pack("<I", bits & 0xFFFF_FFFF)
    if bits > 0xFFFF:
        return _number("<f", packed)
    return _number("<f", b"\0\0" + packed[:2]) if dtype == BFLOAT16 else _number("<e", packed[:2])


def _number(form: str, content: bytes) -> float:
    try:
        return float(struct.unpack(form, content)[0])
    except struct.error as error:
        raise BadEvent(f"a number of {len(content)} bytes") from error


def _signed(bits: int) -> int:
    return bits - 2**64 if bits >= 2**63 else bits


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return a number of variable length, and where it ends."""
    if at < end and data[at] < 0x80:
        return data[at], at + 1
    found = 0
    for shift in range(min(LONGEST_VARINT, end - at)):
        byte = data[at + shift]
        found |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return found & 2**64 - 1, at + shift + 1
    raise BadEvent("a number without end")
