"""Tells Espalier's sidecar a value; the five lines of docs/how-to/report-values.md."""

import json, os  # noqa: E401, I001


def report(step, value):
    with open(os.environ.get("ESPALIER_REPORT_FILE", "reports.jsonl"), "a") as file:
        file.write(json.dumps({"step": step, "value": float(value)}) + "\n")
    return os.path.exists(os.environ.get("ESPALIER_PRUNE_FILE", ""))
