"""How the trainer's command comes into a shell's hands, and which templates do not allow it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.errors import SpecError
from espalier.planning.workload.fittings.output_script import SCRIPT
from tests.planning.workload.test_job import built, expanded, pod_of, template

TRAINER = {"name": "trainer", "image": "digits", "command": ["python3", "train.py"]}
TEXTS = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
    | st.sampled_from(["$(PARAM_lr)", "$$(PARAM_lr)", "$(NO_SUCH)", "$"]),
    max_size=4,
)


def started(**trainer: Any) -> dict[str, Any]:
    """Return the trainer's container as a Job has it."""
    job = built(
        collector={"type": "Output"}, template=template(containers=[{**TRAINER, **trainer}])
    )
    (container,) = pod_of(job)["containers"]
    return dict(container)


def seen(texts: list[str]) -> list[str]:
    """Return what a process is started with, once the kubelet has expanded it."""
    return [expanded(text, {"PARAM_lr": "0.1"}) for text in texts]


def test_the_shell_gets_the_script_as_it_is() -> None:
    container = started()
    assert seen(container["command"]) == [
        "/bin/sh",
        "-c",
        SCRIPT,
        "espalier-output",
        "/espalier/.output",
    ]


def test_where_output_is_kept_a_shell_starts_the_trainer_once_whatever_is_collected() -> None:
    kept = {"keepOutputBytes": 4096}
    by_output = started()
    for collectors in (
        [],
        [{"type": "Output"}],
        [{"type": "Log", "log": {"path": "/espalier/train.log"}}, {"type": "Output"}],
    ):
        job = built(collectors=collectors, sidecar=kept, template=template(containers=[TRAINER]))
        pod = pod_of(job)
        (container,) = pod["containers"]
        assert (container["command"], container["args"]) == (
            by_output["command"],
            by_output["args"],
        )
        env = pod["initContainers"][0]["env"]
        assert {"name": "ESPALIER_OUTPUT_BYTES", "value": "4096"} in env


def test_where_none_is_kept_the_trainer_is_started_as_the_template_says() -> None:
    (container,) = pod_of(built(template=template(containers=[TRAINER])))["containers"]
    assert container["command"] == TRAINER["command"]


@given(TEXTS.filter(bool), TEXTS)
def test_command_and_args_reach_the_trainer_as_without_a_shell(
    command: list[str], args: list[str]
) -> None:
    container = started(command=command, args=args)
    assert seen(container["args"]) == seen([*command, *args])


def test_the_trainer_writes_no_blocks() -> None:
    assert {"name": "PYTHONUNBUFFERED", "value": "1"} in started()["env"]


@pytest.mark.parametrize(
    ("trainer", "field", "message"),
    [
        pytest.param({"command": None}, "command", "docker inspect", id="no command"),
        pytest.param({"command": []}, "command", "write it into command", id="an empty one"),
        pytest.param(
            {"command": None, "args": ["--lr=1"]}, "command", "got none", id="arguments alone"
        ),
        pytest.param(
            {"env": [{"name": "spring.profile", "value": "x"}]},
            "env[spring.profile]",
            "rename it",
            id="a variable that shells drop",
        ),
    ],
)
def test_a_template_that_a_shell_cannot_start_is_refused(
    trainer: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(SpecError) as refused:
        started(**trainer)
    assert refused.value.field == f"spec.template.spec.containers[trainer].{field}"
    assert message in refused.value.message
