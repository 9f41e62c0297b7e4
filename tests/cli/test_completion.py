"""Shells complete commands, options and names of studies, quickly and without a word beside."""

from __future__ import annotations

import asyncio
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from espalier.cli.asking.study_names import complete_study
from espalier.cli.completion import VARIABLE, for_kubectl
from espalier.cli.main import COMMANDS, called, main
from espalier.kube import STUDY
from tests.cli.asking.serving import proxied, write_kubeconfig
from tests.patience import PATIENCE


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_read_its_script(shell: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert VARIABLE in done.stdout
    if shutil.which(shell):
        (tmp_path / "script").write_text(done.stdout)
        words = [shell, "-n", str(tmp_path / "script")]
        assert subprocess.run(words, check=False, timeout=PATIENCE).returncode == 0


def test_another_shell_is_answered_with_those_there_are() -> None:
    done = CliRunner().invoke(main, ["completion", "csh"])
    assert done.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr


def completed(words: list[str], incomplete: str) -> list[str]:
    found = ShellComplete(main, {}, "espalier", VARIABLE).get_completions(words, incomplete)
    return [each.value for each in found]


def test_commands_and_options_are_completed() -> None:
    assert completed([], "tr") == ["trials"]
    assert set(completed([], "")) == set(COMMANDS)
    assert "--sort" in completed(["trials"], "--s")
    assert completed(["trials", "-o"], "j") == ["json"]


def studies(*names: str) -> dict[str, object]:
    listed = [{"metadata": {"name": name, "uid": name}} for name in names]
    return {"metadata": {"resourceVersion": "1"}, "items": listed}


def test_studies_are_completed_out_of_the_cluster(
    golden: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = {
        STUDY.path("ml"): studies("digits", "digests", "language"),
        STUDY.path("ops"): studies("direct"),
    }

    async def go() -> None:
        async with proxied(golden, objects=objects) as (url, _):
            config = write_kubeconfig(tmp_path / "config", url, namespace="ml")
            monkeypatch.setenv("KUBECONFIG", str(config))
            ask = asyncio.to_thread
            assert await ask(completed, ["status"], "di") == ["digests", "digits"]
            assert await ask(completed, ["status", "-n", "ops"], "di") == ["direct"]
            assert await ask(completed, ["trials"], "ops/") == ["ops/direct"]
            assert await ask(completed, ["trials"], "nosuch/") == []

    asyncio.run(go())


@pytest.mark.parametrize("content", [None, "", "[]", "clusters: 5", "\x00"])
def test_without_a_cluster_nothing_is_completed_and_nothing_said(
    content: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    if content is not None:
        (tmp_path / "config").write_text(content)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    assert completed(["status"], "di") == []
    assert capfd.readouterr() == ("", "")


def test_kubectl_is_answered_in_its_own_form(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-espalier", "tr"])
    for_kubectl()
    shown = capsys.readouterr().out.splitlines()
    assert (shown[0].partition("\t")[0], shown[-1]) == ("trials", ":4")
    monkeypatch.setattr(sys, "argv", ["kubectl_complete-espalier", "status", "--from", ""])
    for_kubectl()
    assert capsys.readouterr().out.endswith(":0\n")


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        ("/usr/bin/kubectl-espalier", "kubectl espalier"),
        ("espalier", "espalier"),
        ("/x/espalier/cli/main.py", "espalier"),
    ],
)
def test_usages_say_what_was_called(
    argv: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [argv, "--help"])
    assert called() == name
    with pytest.raises(SystemExit):
        main()
    assert f"Usage: {name} [OPTIONS] COMMAND" in capsys.readouterr().out


def test_who_completes_a_word_leaves_logging_as_it_was(tmp_path: Path) -> None:
    context = click.Context(main, info_name="espalier")
    context.params = {"kubeconfig": str(tmp_path / "none")}
    assert complete_study(context, main.params[0], "dig") == []
    assert logging.getLogger("espalier").isEnabledFor(logging.CRITICAL)
