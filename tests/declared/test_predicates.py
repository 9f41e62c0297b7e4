"""A condition and its expression in CEL agree, and read as a person would write them."""

from __future__ import annotations

from typing import Any

import cel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.declared.operands import At, Constant, Minus, Quotient, Size
from espalier.declared.predicates import (
    And,
    Compare,
    Contains,
    ExactlyOne,
    IfElse,
    Not,
    Or,
    Predicate,
    absent,
    chosen,
    compare,
    has,
    not_chosen,
)
from espalier.declared.quantifiers import Exists, ForAll

SAME_NAME = Compare(At("n", "b"), "==", At("n", "a"))
ATOMS: list[Predicate] = [
    has("a"),
    absent("b"),
    Or(absent("a"), compare("a", "<", 3)),
    Or(absent("a"), absent("b"), compare("a", "<=", At("b"))),
    Or(absent("a"), absent("b"), compare(Minus(At("b"), At("a")), ">=", 1)),
    chosen("t", "x"),
    not_chosen("t", "x.y"),
    compare(Size(At("t")), ">", 1),
    Contains(At("t"), "."),
    ExactlyOne((At("a"), At("b"))),
    Exists(At("l"), "e", compare(At("n", "e"), ">", 1)),
    ForAll(At("l"), "a", Exists(At("l"), "b", SAME_NAME, once=True)),
]
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Or, inner, inner),
        st.builds(And, inner, inner, inner),
        st.builds(IfElse, inner, inner, inner),
    ),
    max_leaves=8,
)
OBJECTS = st.fixed_dictionaries(
    {
        "t": st.sampled_from(["", "x", "x.y"]),
        "l": st.lists(st.fixed_dictionaries({"n": st.integers(0, 3)}), max_size=3),
    },
    optional={"a": st.integers(-5, 5), "b": st.integers(-5, 5)},
)


@given(condition=CONDITIONS, value=OBJECTS)
def test_a_condition_holds_where_its_expression_is_true(
    condition: Predicate, value: dict[str, Any]
) -> None:
    assert condition.holds({"self": value}) == cel.evaluate(condition.cel(), {"self": value})


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.floats(1e-3, 1e3))
def test_numbers_are_reckoned_alike(low: float, high: float, step: float) -> None:
    value = {"min": low, "max": high, "step": step}
    steps = Quotient(Minus(At("max"), At("min")), At("step"))
    fits = compare(steps, "<=", 1e9)
    assert fits.holds({"self": value}) == cel.evaluate(fits.cel(), {"self": value})


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        (Or(absent("a"), chosen("t", "x")), "!has(self.a) || self.t == 'x'"),
        (And(Or(has("a"), has("b")), has("c")), "(has(self.a) || has(self.b)) && has(self.c)"),
        (Or(has("a"), And(has("b"), has("c"))), "has(self.a) || (has(self.b) && has(self.c))"),
        (Not(compare("a", "<", 1)), "!(self.a < 1)"),
        (compare("a", "<=", 1e300), "self.a <= 1e300"),
        (compare("a", "<=", 1e9), "self.a <= 1000000000.0"),
        (Compare(At("a"), "==", Constant(True)), "self.a == true"),
        (
            compare(Quotient(Minus(At("b"), At("a")), At("c")), "<=", 9.0),
            "(self.b - self.a) / self.c <= 9.0",
        ),
        (
            Exists(At("l"), "p", compare(At(root="i"), ">", 0), index="i"),
            "self.l.exists(i, p, i > 0)",
        ),
    ],
)
def test_an_expression_reads_as_a_person_would_write_it(
    condition: Predicate, expression: str
) -> None:
    assert condition.cel() == expression


def test_a_field_that_is_not_there_is_an_error_as_in_cel() -> None:
    with pytest.raises(KeyError):
        compare("a", "<", 1).holds({"self": {}})
    with pytest.raises(KeyError):
        has("a.b").holds({"self": {}})
