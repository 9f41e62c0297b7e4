"""Event files as TensorFlow's writers make them, written by hand."""

import struct
from pathlib import Path

from espalier_sidecar.collectors.crc32c import masked_crc

NAME = "events.out.tfevents.1764432000.trainer"


def varint(number: int) -> bytes:
    number &= 2**64 - 1
    found = b""
    while number >= 0x80:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])


def field(number: int, content: bytes | float | int) -> bytes:
    """Write a field: bytes with their length, an int as a varint, a float in four bytes."""
    if isinstance(content, bytes):
        return varint(number << 3 | 2) + varint(len(content)) + content
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 5) + struct.pack("<f", content)


def value(tag: str, content: bytes) -> bytes:
    return field(1, field(1, tag.encode()) + content)


def simple(tag: str, number: float) -> bytes:
    """Write a value as torch and tensorboardX do."""
    return value(tag, field(2, float(number)))


def tensor(tag: str, dtype: int, content: bytes, shape: bytes = b"") -> bytes:
    """Write a value as TensorFlow 2 does."""
    return value(tag, field(8, field(1, dtype) + field(2, shape) + content))


def event(step: int, *values: bytes) -> bytes:
    head = b"\x09" + struct.pack("<d", 1764432000.5)
    return head + (field(2, step) if step else b"") + field(5, b"".join(values))


def version() -> bytes:
    return b"\x09" + struct.pack("<d", 1764432000.5) + field(3, b"brain.Event:2")


def header(length: int) -> bytes:
    """Write what comes before so many bytes of a record."""
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc(packed))


def record(data: bytes) -> bytes:
    return header(len(data)) + data + struct.pack("<I", masked_crc(data))


def scalar(tag: str, step: int, number: float) -> bytes:
    """Write the record of one scalar."""
    return record(event(step, simple(tag, number)))


def append(file: Path, *records: bytes) -> None:
    """Write records to the end of a file, which begins as every event file does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as writer:
        if not writer.tell():
            writer.write(record(version()))
        writer.writelines(records)
