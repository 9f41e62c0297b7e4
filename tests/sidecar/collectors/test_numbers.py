"""Numbers as they are printed: taken as they are written, or refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier_sidecar.collectors.numbers import number_in
from espalier_sidecar.errors import BadReport

TAKEN = {
    "0.31": 0.31,
    "-1.5": -1.5,
    "+3": 3,
    ".98": 0.98,
    "5.": 5,
    "4.2e-06": 4.2e-06,
    "1E5": 1e5,
    "1_000": 1000,
    "inf": math.inf,
    "-Infinity": -math.inf,
    "INF": math.inf,
    "93.1%": 93.1,
    "0.9 %": 0.9,
    "0.91,": 0.91,
    "0.91;": 0.91,
    "(0.91": None,
    "0.91)": 0.91,
    "0.91].": 0.91,
    "'0.91'": 0.91,
    '"0.91",': 0.91,
    "np.float64(0.3)": 0.3,
    "np.float64(0.3),": 0.3,
    "float32(1e-3)": 1e-3,
    "tensor(0.3)": 0.3,
    "tensor(0.3,": 0.3,
    "tensor(0.3, device='cuda:0')": 0.3,
    "tensor(0.3, grad_fn=<NllLossBackward0>)": 0.3,
    "Array(0.3, dtype=float32)": 0.3,
    "tensor([0.3])": None,
    "0x1F": None,
    "1.2.3": None,
    "12:30": None,
    "0.3s": None,
    "None": None,
    "": None,
    "١": None,
    "-": None,
    "0.5/1": None,
}


@pytest.mark.parametrize("text", TAKEN)
def test_a_text_is_its_number_or_none(text: str) -> None:
    wanted = TAKEN[text]
    if wanted is None:
        with pytest.raises(BadReport, match="expected a number; came"):
            number_in(text)
    else:
        assert number_in(text) == wanted


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan"])
def test_nan_is_one(text: str) -> None:
    assert math.isnan(number_in(text))


@pytest.mark.parametrize("text", ["1,234.5", "1,234", "12,345,678", "1 234", "1'234.5", "1,234%"])
def test_separators_of_thousands_are_refused(text: str) -> None:
    with pytest.raises(BadReport, match="without separators of thousands"):
        number_in(text)


@pytest.mark.parametrize("text", ["0,91", "0,9", "1234,56", "-0,5e-3", "0,91;"])
def test_a_decimal_comma_is_refused(text: str) -> None:
    with pytest.raises(BadReport, match="with a decimal point"):
        number_in(text)


@given(st.floats(allow_nan=False), st.sampled_from(["{!r}", "{:e}", "{:g}", "{:.3f}", "{:,.2f}"]))
def test_what_python_prints_is_read_back_or_refused(value: float, form: str) -> None:
    text = form.format(value)
    if "," in text:
        with pytest.raises(BadReport):
            number_in(text)
    else:
        assert number_in(text) == float(text)


@given(st.text(st.sampled_from("0123456789.,eE+-_%'\"() infatyINFATY"), max_size=12))
def test_no_other_number_is_read_than_python_would(text: str) -> None:
    try:
        number = number_in(text)
    except BadReport:
        return
    bare = text.strip().strip("'\"%,;:)]} ").rstrip(".")
    for wrap in ("float(", "int("):
        bare = bare.removeprefix(wrap).strip()
    bare = bare.split(",")[0].strip().rstrip(")")
    assert str(number) == str(float(bare.rstrip("%'\" ")))
