"""Threads that wait for the interpreter have it soon."""

from __future__ import annotations

import sys

from espalier.process.switching import switch_often


def test_a_thread_that_waits_has_its_turn_sooner_than_by_pythons_own_rule() -> None:
    before = sys.getswitchinterval()
    try:
        switch_often()
        assert sys.getswitchinterval() < before
    finally:
        sys.setswitchinterval(before)
