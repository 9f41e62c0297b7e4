"""An event's scalars are what the writer of the event says, or nothing."""

import math
import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from espalier_sidecar.collectors.event_proto import BadEvent, Scalar, scalars
from tests.sidecar.event_files import event, field, simple, tensor, value, varint

TAGS = st.text(st.characters(codec="utf-8"), max_size=20)
STEPS = st.integers(-(2**63), 2**63 - 1)


@given(TAGS, STEPS, st.floats(width=32))
def test_a_simple_value_is_read(tag: str, step: int, number: float) -> None:
    (found,) = scalars(event(step, simple(tag, number)))
    assert repr(found) == repr(Scalar(tag, step, number))


@pytest.mark.parametrize(
    ("dtype", "form", "number"),
    [
        (1, "<f", 0.5),
        (2, "<d", 0.1),
        (3, "<i", -3),
        (4, "<B", 200),
        (5, "<h", -300),
        (6, "<b", -3),
        (9, "<q", -(2**40)),
        (10, "<?", True),
        (17, "<H", 60000),
        (19, "<e", 0.25),
        (22, "<I", 2**31),
        (23, "<Q", 2**63),
    ],
)
def test_a_tensor_of_each_type_is_read_from_its_content(
    dtype: int, form: str, number: float
) -> None:
    found = scalars(event(3, tensor("x", dtype, field(4, struct.pack(form, number)))))
    assert found == [Scalar("x", 3, float(number))]


def packed(number: int, form: str, *numbers: float) -> bytes:
    return field(number, struct.pack(f"<{len(numbers)}{form}", *numbers))


def whole(number: int, *numbers: int) -> bytes:
    return field(number, b"".join(varint(each) for each in numbers))


@pytest.mark.parametrize(
    ("dtype", "content", "number"),
    [
        pytest.param(1, packed(5, "f", 0.5), 0.5, id="floats"),
        pytest.param(1, field(5, 0.5), 0.5, id="a float that is not packed"),
        pytest.param(2, packed(6, "d", 0.1), 0.1, id="doubles"),
        pytest.param(3, whole(7, -3), -3.0, id="whole numbers"),
        pytest.param(3, field(7, 5), 5.0, id="a whole number that is not packed"),
        pytest.param(9, whole(10, -(2**62)), -(2.0**62), id="long whole numbers"),
        pytest.param(10, whole(11, 1), 1.0, id="truth"),
        pytest.param(19, whole(13, 0x3800), 0.5, id="halves"),
        pytest.param(14, whole(13, 0x3F00), 0.5, id="bfloat16"),
        pytest.param(19, whole(13, 0x3F00_0000), 0.5, id="halves as torch's add_tensor has them"),
        pytest.param(14, whole(13, 0xBF00_0000 - 2**32), -0.5, id="torch's, below 0"),
        pytest.param(14, field(4, b"\x00\x3f"), 0.5, id="bfloat16 as content"),
        pytest.param(22, whole(16, 2**31), 2.0**31, id="unsigned"),
        pytest.param(23, whole(17, 2**63), 2.0**63, id="long unsigned"),
        pytest.param(1, packed(5, "f", math.inf), math.inf, id="infinity"),
        pytest.param(1, packed(5, "f", 0.5, 0.25), None, id="two numbers"),
        pytest.param(1, whole(7, *range(1000)), None, id="a thousand numbers"),
        pytest.param(1, b"", None, id="no number"),
        pytest.param(7, field(8, b"text"), None, id="a text"),
        pytest.param(8, field(4, bytes(8)), None, id="a complex number"),
        pytest.param(7, field(4, b"text"), None, id="a text as content"),
    ],
)
def test_a_tensor_is_its_one_number_or_nothing(
    dtype: int, content: bytes, number: float | None
) -> None:
    found = scalars(event(3, tensor("x", dtype, content)))
    assert found == ([] if number is None else [Scalar("x", 3, number)])


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        pytest.param(b"", True, id="rank 0"),
        pytest.param(field(2, field(1, 1)), False, id="a vector of one"),
        pytest.param(field(2, b""), False, id="a vector of none"),
        pytest.param(field(3, 1), False, id="an unknown rank"),
    ],
)
def test_only_a_tensor_without_a_shape_is_a_scalar(shape: bytes, read: bool) -> None:
    found = scalars(event(1, tensor("x", 1, packed(5, "f", 0.5), shape)))
    assert bool(found) == read


def test_the_step_may_come_after_the_values_and_metadata_changes_nothing() -> None:
    metadata = field(9, field(1, field(1, b"scalars")) + field(2, b"a name to show"))
    plain = event(0, value("x", metadata + field(2, 0.5)), simple("y", 2.0))
    assert scalars(plain + field(2, 7)) == [Scalar("x", 7, 0.5), Scalar("y", 7, 2.0)]


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_none(data: bytes) -> None:
    try:
        found = scalars(data)
    except BadEvent:
        return
    assert all(type(each.value) is float and -(2**63) <= each.step < 2**63 for each in found)


WHOLE = event(3, simple("loss", 0.5), tensor("x", 1, packed(5, "f", 0.5)), simple("y", 1.0))


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.booleans())
@settings(deadline=None)
def test_what_is_cut_or_changed_is_read_as_something_or_refused(
    at: int, byte: int, cut: bool
) -> None:
    data = WHOLE[:at] if cut else WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    with suppress(BadEvent):
        assert len(scalars(data)) <= 3


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x2a\xff", id="a field without end"),
        pytest.param(b"\x10" + b"\xff" * 11, id="a number without end"),
        pytest.param(b"\x13", id="a group"),
        pytest.param(b"\x15\x00", id="half a number"),
        pytest.param(
            event(1, value("x", field(8, field(4, bytes(3)) + field(1, 1)))), id="3 bytes"
        ),
        pytest.param(event(1, field(1, field(1, b"\xff") + field(2, 1.0))), id="no text"),
        pytest.param(b"\x2a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", id="a length of 2^63"),
    ],
)
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(BadEvent):
        scalars(data)
