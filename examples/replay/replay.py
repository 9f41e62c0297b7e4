"""Replays a recorded learning curve, one value a step: training without the training.

`PARAM_curve` chooses the curve, by name or by number. Every value is printed once it has been
handed over, as a line of JSON, so that what a trainer reported can be compared with what was
stored. The curves are the validation losses (cross-entropy) of forty small networks that were
trained on scikit-learn's digits for 81 epochs, with random hyperparameters; two diverged.
"""

import argparse
import http.client
import json
import os
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

STOPPED_BY_SIGTERM = 143


def main():
    options = read_options()
    if options.on_sigterm == "stop":
        signal.signal(signal.SIGTERM, lambda *_: os._exit(STOPPED_BY_SIGTERM))
    elif options.on_sigterm == "ignore":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    values = choose(json.loads(options.curves.read_text()), options.curve)[: options.steps]
    reporter = Reporter(options.metric, options.by)
    for step, value in enumerate(values, start=1):
        time.sleep(options.step_seconds)
        prune = reporter.report(step, value)
        if options.await_judgement:
            prune = reporter.await_judgement()
        print(json.dumps({"step": step, "value": value, "at": time.time()}), flush=True)
        if prune and options.heed_prune:
            return 0
        if prune and options.await_judgement:
            wait_to_be_ended()
        if step == options.fail_at:
            return options.exit_code
    if options.stay:
        wait_to_be_ended()
    return 0


def read_options():
    env = os.environ.get
    parser = argparse.ArgumentParser()
    parser.add_argument("--curves", type=Path, default=Path(__file__).with_name("curves.json"))
    parser.add_argument("--curve", default=env("PARAM_curve", "0"), help="name or number")
    parser.add_argument("--step-seconds", type=float, default=float(env("PARAM_step_seconds", "1")))
    parser.add_argument("--steps", type=int, help="stop after so many; default: the whole curve")
    parser.add_argument("--metric", help="default: the study's")
    parser.add_argument("--by", choices=["http", "file"], default="http")
    parser.add_argument("--heed-prune", action="store_true", help="stop when told of the decision")
    parser.add_argument(
        "--await-judgement",
        action="store_true",
        help="go on once a posted value has been judged; wait to be ended where it is to be pruned",
    )
    parser.add_argument("--stay", action="store_true", help="after the last value: run until ended")
    parser.add_argument("--on-sigterm", choices=["stop", "ignore"], default="stop")
    parser.add_argument("--fail-at", type=int, help="exit after this step")
    parser.add_argument("--exit-code", type=int, default=1, help="with --fail-at")
    return parser.parse_args()


def wait_to_be_ended():
    while True:
        time.sleep(60)


def choose(curves, wanted):
    """Give the curve of that name, or of that number, counted round."""
    if wanted in curves:
        return curves[wanted]
    try:
        number = int(float(wanted))
    except ValueError:
        sys.exit(f"expected a number, or one of {', '.join(curves)}; came {wanted!r}")
    return list(curves.values())[number % len(curves)]


class Reporter:
    """Posts each value; one that the sidecar does not take goes into the file that it follows."""

    def __init__(self, metric, by):
        self.metric = {"metric": metric} if metric else {}
        self.address = urlsplit(os.environ["ESPALIER_REPORT_URL"]) if by == "http" else None

    def report(self, step, value):
        value = float("nan") if value is None else value
        line = json.dumps({**self.metric, "step": step, "value": value}) + "\n"
        if self.address is None or not self.post(line):
            with open(os.environ["ESPALIER_REPORT_FILE"], "a", encoding="utf-8") as file:
                file.write(line)
        return os.path.exists(os.environ["ESPALIER_PRUNE_FILE"])

    def await_judgement(self):
        """Wait until the operator has every value: each is judged before the answer to it."""
        while json.loads(self.ask("GET", "/healthz")[1] or "{}").get("pending") != 0:
            time.sleep(0.02)
        return os.path.exists(os.environ["ESPALIER_PRUNE_FILE"])

    def post(self, line):
        return self.ask("POST", self.address.path, line)[0] == 202

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=5)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()


if __name__ == "__main__":
    sys.exit(main())
