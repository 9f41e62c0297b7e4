"""`espalier run`: its reference, its environment, and what it says of wrong flags."""

import json
import logging

import click
import pytest
from click.testing import CliRunner

from espalier.cli import run
from espalier.cli.logs import JsonFormatter, TextFormatter
from espalier.cli.patience_flags import FLAGS
from espalier.cli.run import command
from espalier.errors import UsageError
from espalier.generate.flags_page import flags_page
from espalier.process.leaf import names_of


def test_the_reference_names_the_variables_that_click_reads():
    context = click.Context(command, auto_envvar_prefix="ESPALIER")
    for option in command.params:
        variable = option.envvar or f"ESPALIER_{option.name.upper()}"
        assert f"`{variable}`" in flags_page(), option.name
    assert context.auto_envvar_prefix == "ESPALIER"


def test_help_teaches_how_to_run_it_out_of_a_cluster():
    out = CliRunner().invoke(command, ["--help"]).output
    assert "--kubeconfig ~/.kube/config" in out
    assert "ESPALIER_INGEST_URL" in out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--ingest-port", "70000"], "0<=x<=65535"),
        (["--qps", "0"], "x>0"),
        (["--allow-template-field", "everything"], "hostNetwork"),
        (["--kubeconfig", "/no/such/file"], "does not exist"),
        (["--sidecar-resources", "cpu=1"], "expected JSON"),
        (["--sidecar-resources", '{"limits": {"memory": "1Mi"}}'], "at least 64Mi"),
        (["--sidecar-resources", "[]"], "resources"),
    ],
)
def test_a_wrong_flag_is_refused_with_what_was_expected(arguments, word):
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert word in result.output


def test_a_service_is_certified_under_the_names_that_pods_may_use():
    assert names_of("https://espalier.system.svc:8443") == (
        "espalier.system.svc",
        "espalier.system",
        "espalier.system.svc.cluster.local",
    )
    assert names_of("https://10.0.0.1:8443") == ("10.0.0.1",)
    assert names_of("https://[fd00::1]:8443") == ("fd00::1",)


@pytest.mark.parametrize("url", ["http://x:1", "x", "https://", ""])
def test_an_ingest_url_without_tls_or_host_is_refused(url):
    with pytest.raises(UsageError, match="expected https://HOST:PORT"):
        names_of(url)


def record(message, **extra):
    made = logging.makeLogRecord({"msg": message, "levelno": logging.INFO, "levelname": "INFO"})
    for key, value in extra.items():
        setattr(made, key, value)
    return made


@pytest.mark.parametrize("name", FLAGS)
def test_a_patience_is_a_setting_of_plans(name, monkeypatch):
    started = []
    monkeypatch.setattr(run, "run_operator", lambda options: started.append(options) or _nothing())
    flag = f"--{name.replace('_', '-')}-seconds"
    arguments = ["--ingest-url", "https://x", "--sidecar-image", "x", flag, "77"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    (options,) = started
    assert getattr(options.settings(""), name) == 77.0
    assert all(getattr(options.settings(""), other) != 77.0 for other in FLAGS if other != name)


async def _nothing():
    return None


def test_a_json_log_line_is_one_object_whatever_the_message_holds():
    line = JsonFormatter().format(record('a\n"b"\x1b[31m', study="s", odd=object()))
    assert "\n" not in line
    assert "\x1b" not in line
    entry = json.loads(line)
    assert entry["message"] == 'a\n"b"\x1b[31m'
    assert entry["study"] == "s"
    assert "odd" not in entry


def test_a_text_log_line_shows_control_characters_instead_of_obeying_them():
    line = TextFormatter("%(message)s").format(record("a\nb\x1b[31m"))
    assert line == "a\\nb\\x1b[31m"
