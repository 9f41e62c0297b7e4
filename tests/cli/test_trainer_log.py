"""What a trainer printed is there, or it is said why not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from espalier.cli.main import main
from espalier.cli.trainer_log import plain
from espalier.store import lines, read_log
from tools.golden_store import fill


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ("\x1b[1mepoch 1\x1b[0m - nll: 0.5\n", "epoch 1 - nll: 0.5\n"),
        ("10 %\r100 %\r\n\ndone", "100 %\n\ndone"),
        ("\x1b]8;;https://a\x07link\x1b]8;;\x07 [b]kept[/b]", "link [b]kept[/b]"),
        ("", ""),
    ],
)
def test_a_pods_log_is_shown_as_a_terminal_shows_it(log: str, shown: str) -> None:
    assert plain(log) == shown


def test_of_an_exported_log_it_is_said_that_nothing_is_kept(tmp_path: Path) -> None:
    log = read_log(asyncio.run(fill(tmp_path)), "research", "digits")
    assert log is not None
    file = tmp_path / "digits.jsonl"
    file.write_text("\n".join(lines(log)))
    words = ["logs", "research/digits-7", "--from", str(file)]
    for more in ([], ["--attempt", "2"]):
        result = CliRunner().invoke(main, [*words, *more])
        assert result.exit_code == 2
        assert "nothing that trial 7 printed" in result.stderr
        assert "keepOutputBytes" in result.stderr
