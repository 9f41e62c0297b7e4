"""A trainer that a shell has started prints, hears and ends as it would by itself."""

import os
import random
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from espalier.planning.workload.fittings.output_script import SCRIPT
from tests.patience import PATIENCE
from tests.planning.workload.fittings.shells import (
    EACH_SHELL,
    OF_NOBODY_ELSE,
    SHELLS,
    Started,
    python,
)

HOSTILE = {
    "nothing": b"",
    "no last newline": b"epoch 1\nepoch 2",
    "NULs and returns": b"\0\0a\r\x1b[31m\r\n\0\n\r" * 1000,
    "no text": bytes(range(256)) * 100,
    "what looks like dd's words": b"0+0 records in\n0+0 records out\n" * 3,
    "ten megabytes": random.Random(1).randbytes(10_000_000),
}
SHELLS_WITH_A_PATH = [name for name in SHELLS if name != "busybox"]
READY_THEN_WAIT = "print('ready'); time.sleep(60)"
OWN_HANDLER = f"""
import signal, sys, time
def heard(number, _):
    print("heard", number, flush=True)
    time.sleep(0.2)
    print("last words", flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, heard)
{READY_THEN_WAIT}
"""


@pytest.fixture
def started(shell: str, tmp_path: Path) -> Started:
    return Started(shell, tmp_path)


def tools(folder: Path, *without: str) -> dict[str, str]:
    """Make a PATH that lacks some tools."""
    folder.mkdir()
    for name in {"mkdir", "mkfifo", "dd", "tee", "rm", "cat", "sleep", "env"} - set(without):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return {**os.environ, "PATH": str(folder)}


def test_at_least_the_shells_of_debian_are_here() -> None:
    assert {"dash", "bash"} <= set(SHELLS)


@EACH_SHELL
@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_every_byte_arrives_and_the_sidecar_gets_the_same(
    content: bytes, started: Started, tmp_path: Path
) -> None:
    (tmp_path / "content").write_bytes(content)
    assert started.run("cat", str(tmp_path / "content")) == (content, b"", 0)
    assert started.copied() == content
    assert started.fault() == ""


@EACH_SHELL
def test_both_streams_come_in_the_order_in_which_they_were_written(started: Started) -> None:
    code = "import os\nfor n in range(2000): os.write(1 + n % 2, b'%d\\n' % n)"
    out, err, exit_code = started.run(*python(code))
    assert out.splitlines() == [b"%d" % number for number in range(2000)]
    assert (err, exit_code) == (b"", 0)


@EACH_SHELL
@pytest.mark.parametrize("pid_1", [False, True], ids=["any process", "process 1"])
@pytest.mark.parametrize("code", [0, 1, 3, 127, 137, 255])
def test_the_exit_code_is_the_trainers(code: int, pid_1: bool, shell: str, tmp_path: Path) -> None:
    started = Started(shell, tmp_path, pid_1=pid_1)
    assert started.run("sh", "-c", f"echo last; exit {code}") == (b"last\n", b"", code)


@EACH_SHELL
@pytest.mark.parametrize("name", ["KILL", "TERM", "SEGV", "INT", "PIPE"])
def test_a_trainer_that_dies_of_a_signal_has_the_code_that_a_container_would_have(
    name: str, started: Started
) -> None:
    number = getattr(signal, f"SIG{name}")
    code = f"import os, signal; signal.signal({number}, 0)" if name in ("INT", "PIPE") else ""
    code += f"\nimport os; print('last'); os.kill(os.getpid(), {int(number)})"
    assert started.run(*python(code)) == (b"last\n", b"", 128 + number)


@EACH_SHELL
@pytest.mark.parametrize("pid_1", [False, True], ids=["any process", "process 1"])
def test_a_trainer_that_handles_a_signal_ends_as_it_wants(
    pid_1: bool, shell: str, tmp_path: Path
) -> None:
    with Started(shell, tmp_path, pid_1=pid_1).begin(*python(OWN_HANDLER)) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        os.kill(shell_of(process, pid_1), signal.SIGTERM)
        assert process.communicate(timeout=PATIENCE) == (b"heard 15\nlast words\n", b"")
        assert process.returncode == 7


@EACH_SHELL
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
def test_a_signal_that_the_trainer_does_not_handle_ends_it(
    number: signal.Signals, started: Started
) -> None:
    with started.begin("sh", "-c", "echo ready; exec sleep 60") as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE) == (b"", b"")
        assert process.returncode == 128 + number


@EACH_SHELL
def test_many_signals_neither_end_the_shell_nor_take_the_exit_code(started: Started) -> None:
    code = """
import signal, sys, time
left = 50
def heard(*_):
    global left
    left -= 1
    print(left, flush=True)
    if not left:
        sys.exit(9)
signal.signal(signal.SIGUSR1, heard)
print("ready", flush=True)
while True:
    time.sleep(60)
"""
    with started.begin(*python(code)) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        for left in reversed(range(50)):
            # Of two that come at once a shell may see one: then this one is sent again.
            while not select.select([process.stdout], [], [], 0)[0]:
                process.send_signal(signal.SIGUSR1)
                select.select([process.stdout], [], [], 5)
            assert process.stdout.readline() == b"%d\n" % left
        assert process.wait(PATIENCE) == 9


@EACH_SHELL
def test_a_crash_says_all_that_it_says(started: Started) -> None:
    command = python("print('epoch 1')\nraise ValueError('x' * 100_000)")
    alone = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert started.run(*command) == (alone.stdout, b"", 1)
    assert started.copied() == alone.stdout


@EACH_SHELL
def test_the_trainer_finds_what_it_would_find_by_itself(started: Started) -> None:
    code = """
import os, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print([status[name].strip() for name in ("SigIgn", "SigBlk", "Umask", "NoNewPrivs")])
print(sorted(os.listdir("/proc/self/fd")), os.getcwd(), sys.argv[1:], sys.stdin.read())
print(sorted(item for item in os.environ.items() if item[0] not in ("PWD", "OLDPWD", "SHLVL", "_")))
"""
    args = ("a b", "", "*", "$HOME", "`id`", "x=1", "-n", "\n", "'\"\\", "ä")
    command = python(code, *args)
    environ = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "ODD": "a\n'$b\\", "n": "1", "code": "x"}
    alone = subprocess.run(command, input=b"in", stdout=subprocess.PIPE, env=environ, check=True)
    assert started.run(*command, stdin=b"in", env=environ) == (alone.stdout, b"", 0)


@EACH_SHELL
def test_without_env_of_gnu_python_lets_the_trainer_hear_interrupts(
    started: Started, tmp_path: Path
) -> None:
    path = tools(tmp_path / "bin", "env")
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    code = "import signal; print([signal.getsignal(n) for n in (2, 3, 13, 25)])"
    alone = subprocess.run(python(code), stdout=subprocess.PIPE, check=True).stdout
    assert started.run(*python(code), env=path) == (alone, b"", 0)
    out, _, exit_code = started.run("/no/such", env=path)
    assert (out, exit_code) == (b"/no/such: No such file or directory\n", 127)


@EACH_SHELL
@pytest.mark.parametrize("command", ["/no/such/trainer", "no-such-trainer"])
def test_a_command_that_is_not_there_is_said(command: str, started: Started) -> None:
    out, err, exit_code = started.run(command)
    assert (err, exit_code) == (b"", 127)
    assert command.encode() in out


@EACH_SHELL
def test_a_command_that_looks_like_a_variable_or_a_builtin_is_run(
    started: Started, tmp_path: Path
) -> None:
    for name in ("a=b", "forward", "exit"):
        file = tmp_path / name
        file.write_text("#!/bin/sh\necho ran $0\nexit 4\n")
        file.chmod(0o755)
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for name in ("a=b", "forward", "exit"):
        out, _, exit_code = started.run(name, env=path)
        assert (out, exit_code) == (f"ran {tmp_path / name}\n".encode(), 4)


@EACH_SHELL
def test_a_child_that_outlives_the_trainer_does_not_keep_the_container(
    shell: str, tmp_path: Path
) -> None:
    started = Started(shell, tmp_path, pid_1=True)
    assert started.run("sh", "-c", "sleep 600 & echo last; exit 5") == (b"last\n", b"", 5)


@EACH_SHELL
def test_a_trainer_that_ends_its_whole_group_loses_no_line(started: Started) -> None:
    code = "trap 'echo bye; exit 6' TERM; echo ready; kill -s TERM 0; sleep 60"
    out, _, exit_code = started.run("sh", "-c", code, start_new_session=True)
    assert (out, exit_code) == (b"ready\nbye\n", 6)


@EACH_SHELL
@pytest.mark.parametrize(
    ("bound", "smaller", "most_pieces", "most_bytes"),
    [
        ("134217728", "200000", 200, 200_000 + 2 * 65_536),
        ("$# -gt 500", "$# -gt 5", 7, 10_000_000),
    ],
    ids=["bytes", "pieces"],
)
def test_of_what_nobody_reads_the_newest_is_kept(
    bound: str, smaller: str, most_pieces: int, most_bytes: int, shell: str, tmp_path: Path
) -> None:
    assert bound in SCRIPT
    script = SCRIPT.replace("count=32768", "count=64").replace(bound, smaller)
    started = Started(shell, tmp_path, script=script)
    lines = b"".join(b"epoch %d\n" % epoch for epoch in range(100_000))
    (tmp_path / "lines").write_bytes(lines)
    assert started.run("cat", str(tmp_path / "lines")) == (lines, b"", 0)
    pieces = started.pieces()
    assert 2 <= len(pieces) <= most_pieces
    assert list(pieces) == list(range(min(pieces), max(pieces) + 1))
    assert 10_000 < len(started.copied()) <= most_bytes
    assert lines.endswith(started.copied())


@pytest.mark.parametrize("shell", SHELLS_WITH_A_PATH)
@pytest.mark.parametrize("lacking", ["mkdir", "mkfifo", "dd", "tee", "rm"])
def test_an_image_that_lacks_a_tool_runs_the_trainer_and_says_why_nothing_is_read(
    lacking: str, started: Started, tmp_path: Path
) -> None:
    path = tools(tmp_path / "bin", lacking)
    code = "import sys; print('epoch 1'); sys.stderr.write('a warning'); sys.exit(3)"
    assert started.run(*python(code), env=path) == (b"epoch 1\n", b"a warning", 3)
    assert lacking in started.fault()


@EACH_SHELL
def test_a_volume_that_cannot_be_written_runs_the_trainer(shell: str) -> None:
    assert Started(shell, Path("/proc")).run("echo", "epoch 1") == (b"epoch 1\n", b"", 0)


@EACH_SHELL
def test_a_full_volume_takes_nothing_from_the_containers_log(shell: str, tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"epoch 1\n" * 50_000)
    small = tmp_path / "small"
    small.mkdir()
    command = Started(shell, small).command
    mount = f'mount -t tmpfs -o size=64k none "{small}" && exec "$@"'
    namespace = ("unshare", *OF_NOBODY_ELSE, "--mount", "sh", "-c", mount, "sh")
    done = subprocess.run(
        [*namespace, *command, "cat", str(tmp_path / "lines")], capture_output=True, check=False
    )
    assert (done.stdout, done.stderr, done.returncode) == (b"epoch 1\n" * 50_000, b"", 0)


def shell_of(process: subprocess.Popen[bytes], pid_1: bool) -> int:
    """Return the id of the shell: that of the process, or of its child in a namespace."""
    if not pid_1:
        return process.pid
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return int(children[0])
