"""One word for one thing: the glossary is true of the tree, and no name stands for two things."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "operator/espalier", ROOT / "sidecar/espalier_sidecar"]
GLOSSARY = (ROOT / "docs/explanation/glossary.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([a-z][^|]+?) \| (.+) \| (.+) \|$", GLOSSARY, re.MULTILINE)[1:]
PLACES = [
    pytest.param(name, path, id=f"{word}: {name}")
    for word, _, where in ROWS
    for name, path in re.findall(r"`(\w+)` in `([\w/.]+)`", where)
]

SAME_THING_ON_BOTH_SIDES = {
    "Decision": "the operator's word on a trial, as the answer carries it to the sidecar",
    "Heard": "how the collectors are: the sidecar tells it, the operator keeps it",
    "Intake": "what takes reports in: the sidecar from collectors, the operator from sidecars",
    "LastWords": "the termination message: the sidecar writes it, the operator reads it",
    "Report": "one value: the trainer's, as the ledger takes it",
}
"""Classes of operator and sidecar that share a name, as they share the thing."""

SAME_PART_OF_DIFFERENT_ROOMS = {
    "__main__": "what `python -m` runs",
    "budget": "what a study may use",
    "savings": "what pruning has saved",
    "answers": "what is answered, and what an answer means: ingest's own, the API server's",
    "backup": "the backup of a store, and the command",
    "base": "what all of a room's own kind have in common",
    "checks": "the ordered list of checks: of an attempt, of a trial",
    "configurations": "parameters of trials: checked as a Study enqueues them, shown as they ran",
    "connections": "connections under bounds: to ingest, to the database",
    "contract": "the laws that ship for who writes one: of pruners, samplers, collectors",
    "curves": "values by step: recorded, as a view, drawn, and the command",
    "errors": "the errors of a distribution, or of the API server",
    "evidence": "the facts that a list of checks asks: of an attempt, of a trial",
    "export": "the log as lines, and the command",
    "figures": "a study's figures, as a view and as they are made",
    "heard": "what sidecars have heard: told, checked, and as planning sees it",
    "hearing": "what was heard of a trial: in words, and after how long silence is said",
    "metric_name": "what a metric may be called, on each side",
    "intake": "where reports are taken in, on each side",
    "kinds": "the kinds of object that the operator works with, and their addresses",
    "kubeflow": "what type Kubeflow needs: in the pod, in the sidecar",
    "last_words": "the termination message, on each side",
    "limits": "the bounds that a room keeps",
    "log": "lines of text: the sidecar's own, and those that a collector reads",
    "mlflow": "what type MLflow needs: in the pod, in the sidecar",
    "of_study": "the study's part of a room that also has a trial's",
    "of_trial": "the trial's part of a room that also has a study's",
    "options": "what was given on the command line: to the operator, and of whom to ask",
    "output": "what type Output needs: in the pod, in the sidecar",
    "parse": "checked values out of what came from outside",
    "pruner": "a Study's pruner: its models, its checks; and the pruner of a folder of helpers",
    "names": "how things are named: objects of the cluster, fields of a Study",
    "reading": "what is read: a study out of the store, a value out of what a trainer writes",
    "registry": "what can be chosen by its type",
    "replay": "a log judged again, and the command",
    "progress": "how far it has come: a trial, as planning sees it; a study, as a view",
    "prior": "what earlier studies give a pruner, as a Study asks for it and as it is used",
    "report": "one value, on each side",
    "restraint": "what holds pruning back, as it is wanted and as it is obeyed",
    "server": "an HTTP server",
    "settings": "what was set from outside",
    "space": "room to search in and its checks; in the store, on the disk",
    "status": "what stands where: the models of it, and the command",
    "study": "a Study: its models, and its view",
    "summary": "a study in few numbers",
    "table": "rows: of trials on a terminal, of collectors by their type",
    "tensorboard": "what type TensorBoard needs: in the pod, in the sidecar",
    "trials": "a study's trials, as views and as the command",
    "trial": "a Trial, as a resource and as it is run",
    "warm_start": "trials of earlier studies: asked for, refused, and told in the status",
    "words": "the sentences of a room",
}
"""Modules that share a name, and the meaning that they share."""


def declared() -> tuple[dict[str, list[Path]], dict[str, list[Path]]]:
    """Return the places of each public class, and of each module, by name."""
    classes, modules = defaultdict(list), defaultdict(list)
    for root in SOURCES:
        for file in root.rglob("*.py"):
            if file.name == "__init__.py" or "versions" in file.parts:
                continue
            modules[file.stem].append(file)
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    classes[node.name].append(file)
    return classes, modules


CLASSES, MODULES = declared()


def test_the_words_are_in_the_order_of_the_alphabet() -> None:
    words = [word for word, _, _ in ROWS]
    assert len(words) > 50
    assert words == sorted(words)
    assert len(set(words)) == len(words)


def test_every_word_says_where_it_is() -> None:
    assert [word for word, _, where in ROWS if " in `" not in where] == []


@pytest.mark.parametrize(("name", "path"), PLACES)
def test_what_a_word_stands_for_is_where_the_glossary_says(name: str, path: str) -> None:
    files = [root / path for root in SOURCES if (root / path).is_file()]
    nodes = [node for file in files for node in ast.parse(file.read_text(encoding="utf-8")).body]
    kinds = (ast.ClassDef, ast.FunctionDef)
    assert name in {node.name for node in nodes if isinstance(node, kinds)}


def test_no_class_has_the_name_of_another() -> None:
    shared = {name for name, files in CLASSES.items() if len(files) > 1}
    assert shared <= set(SAME_THING_ON_BOTH_SIDES)


def test_no_two_classes_of_one_distribution_have_one_name() -> None:
    for name, files in CLASSES.items():
        roots = [root for root in SOURCES for file in files if root in file.parents]
        assert len(set(roots)) == len(roots), name


def test_modules_of_one_name_mean_the_same_in_each_room() -> None:
    shared = {name for name, files in MODULES.items() if len(files) > 1}
    assert shared <= set(SAME_PART_OF_DIFFERENT_ROOMS)
