"""A good Study, and a table of bad ones: what is wrong, and what is said about it and by whom."""

import copy
from collections.abc import Callable
from typing import Any

from tests.api.bad import Bad, Spec
from tests.api.budgets import BUDGETS
from tests.api.continuing import CONTINUING


def good_study(name: str = "digits") -> dict[str, Any]:
    """The Study of the README, with a parameter of every kind."""
    return {
        "apiVersion": "espalier.dev/v1alpha1",
        "kind": "Study",
        "metadata": {"name": name},
        "spec": {
            "objective": {"metric": "val_accuracy", "direction": "Maximize", "target": 0.99},
            "resource": {"name": "epoch", "max": 27},
            "parameters": [
                {"name": "lr", "float": {"min": 1e-4, "max": 1.0, "scale": "Log"}},
                {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}},
                {
                    "name": "momentum",
                    "float": {"min": 0.0, "max": 0.99},
                    "when": {"parameter": "optimizer", "in": ["sgd"]},
                },
                {"name": "layers", "int": {"min": 1, "max": 4}},
            ],
            "sampler": {"type": "Random", "seed": 7},
            "pruner": {"type": "Median", "median": {"startupTrials": 4, "warmupSteps": 2}},
            "trials": {"max": 30, "parallelism": 4, "maxFailed": 5, "retries": 1},
            "pruning": {"gracePeriodSeconds": 10},
            "collector": {"type": "Local"},
            "template": {
                "spec": {
                    "containers": [
                        {
                            "name": "trainer",
                            "image": "registry.local/digits:dev",
                            "args": ["--lr=$(PARAM_lr)", "--optimizer=$(PARAM_optimizer)"],
                            "resources": {"limits": {"nvidia.com/gpu": 1}},
                        }
                    ]
                }
            },
        },
    }


def changed(change: Callable[[Spec], object], name: str = "digits") -> dict[str, Any]:
    """The good Study with its spec changed."""
    study = copy.deepcopy(good_study(name))
    change(study["spec"])
    return study


def parameter(index: int, value: dict[str, Any]) -> Callable[[Spec], object]:
    """Replace a parameter of the good Study."""
    return lambda spec: spec["parameters"].__setitem__(index, value)


def parameters(*values: dict[str, Any]) -> Callable[[Spec], object]:
    """Replace all parameters."""
    return lambda spec: spec.update(parameters=list(values))


def section(name: str, **values: Any) -> Callable[[Spec], object]:
    """Update a section of the spec."""
    return lambda spec: spec.setdefault(name, {}).update(values)


def container(**values: Any) -> Callable[[Spec], object]:
    """Update the trainer's container."""
    return lambda spec: spec["template"]["spec"]["containers"][0].update(values)


A_FLOAT = {"min": 0.0, "max": 1.0}
WHEN_SGD = {"parameter": "optimizer", "in": ["sgd"]}
OPTIMIZER = {"name": "optimizer", "categorical": {"values": ["sgd", "adam"]}}
CONTAINERS = "spec.template.spec.containers"
PATHS_OUT = {
    "leads out": "/espalier/../var/run/secrets/espalier/token",
    "leads out in the end": "/espalier/a/..",
    "leads out by and by": "/espalier/a/../../etc/passwd",
    "stays where it is": "/espalier/./a",
    "has an empty part": "/espalier//a",
    "ends as a folder": "/espalier/a/",
    "is the sidecar's own": "/espalier/.sidecar/000000000001.jsonl",
    "is another beside the volume": "/espalier-2/a",
    "has a second line": "/espalier/a\nb",
    "ends its line": "/espalier/a\n",
    "colours a terminal": "/espalier/\x1b[31m",
    "turns the direction of the text": "/espalier/\u202ea",
    "begins elsewhere": "x/espalier/a",
}
WIDE = "(?i:[\\0-\U0010ffff])"
COSTLY_PATTERNS = {
    "takes long to compile": (WIDE * 25, "expected ranges of at most 131,072"),
    "takes long by escapes": (r"[\x00-\U0010FFFF]" * 20, "write a class such as"),
    "takes long by names": (r"[!-\N{KANGXI RADICAL ONE}]" * 18, "got 215,982"),
    "takes long though negated": ("[^a-\uffff]" * 80, "expected ranges of at most"),
    "is nested too deep": ("(" * 512, "expected a regular expression"),
    "repeats too much": ("a{99999999999}", "the repetition number is too large"),
    "has flags that exclude each other": ("(?u)(?a)x", "are incompatible"),
}
ONE_KIND = "exactly one of float, int and categorical"

PARAMETERS: dict[str, Bad] = {
    "a parameter without a kind": Bad(
        parameter(0, {"name": "lr"}),
        ("spec.parameters[0]", f"{ONE_KIND} is needed; keep one of them"),
        ("spec.parameters[0]", f"expected {ONE_KIND}, got none"),
    ),
    "a parameter of two kinds": Bad(
        parameter(0, {"name": "lr", "float": A_FLOAT, "int": {"min": 1, "max": 2}}),
        ("spec.parameters[0]", f"{ONE_KIND} is needed; keep one of them"),
        ("spec.parameters[0]", f"expected {ONE_KIND}, got float and int"),
    ),
    "a float range that is upside down": Bad(
        parameter(0, {"name": "lr", "float": {"min": 1.0, "max": 0.5}}),
        ("spec.parameters[0].float.min", "min must be less than max; swap them"),
        ("spec.parameters[0].float.min", "less than max (0.5), got 1.0; swap them"),
    ),
    "an int range of one value": Bad(
        parameter(0, {"name": "lr", "int": {"min": 3, "max": 3}}),
        ("spec.parameters[0].int.min", "leave the parameter out if it has one value"),
        ("spec.parameters[0].int.min", "less than max (3), got 3"),
    ),
    "a float range on a log scale from zero": Bad(
        parameter(0, {"name": "lr", "float": {"min": 0, "max": 1, "scale": "Log"}}),
        ("spec.parameters[0].float.min", "scale Log needs min greater than 0; raise min"),
        ("spec.parameters[0].float.min", "greater than 0, since scale is Log, got 0.0"),
    ),
    "an int range on a log scale from below zero": Bad(
        parameter(0, {"name": "lr", "int": {"min": -1, "max": 1, "scale": "Log"}}),
        ("spec.parameters[0].int.min", "or set scale: Linear"),
        ("spec.parameters[0].int.min", "greater than 0, since scale is Log, got -1"),
    ),
    "a step on a log scale": Bad(
        parameter(0, {"name": "x", "float": {"min": 1, "max": 9, "scale": "Log", "step": 2}}),
        ("spec.parameters[0].float.step", "step belongs to scale Linear; remove step"),
        ("spec.parameters[0].float.step", "no step, since scale is Log, got 2.0"),
    ),
    "a float step wider than its range": Bad(
        parameter(0, {"name": "x", "float": {"min": 0, "max": 1, "step": 1.5}}),
        ("spec.parameters[0].float.step", "step must fit between min and max"),
        ("spec.parameters[0].float.step", "fits between min and max, at most 1e9 times, got 1.5"),
    ),
    "a float step that fits more than a thousand million times": Bad(
        parameter(0, {"name": "x", "float": {"min": 0, "max": 1, "step": 1e-12}}),
        ("spec.parameters[0].float.step", "at most 1e9 times; choose another step"),
        ("spec.parameters[0].float.step", "at most 1e9 times, got 1e-12"),
    ),
    "a float step that its numbers cannot tell": Bad(
        parameter(0, {"name": "x", "float": {"min": 1e17, "max": 1e17 + 100, "step": 1}}),
        None,
        ("spec.parameters[0].float.step", "can tell, at least 16, got 1.0; choose a larger step"),
    ),
    "an int step wider than its range": Bad(
        parameter(0, {"name": "x", "int": {"min": 0, "max": 10, "step": 11}}),
        ("spec.parameters[0].int.step", "step must fit between min and max; choose a smaller"),
        ("spec.parameters[0].int.step", "fits between min and max, at most 1e9 times, got 11"),
    ),
    "a step of zero": Bad(
        parameter(0, {"name": "x", "int": {"min": 0, "max": 10, "step": 0}}),
        ("spec.parameters[0].int.step", "should be greater than or equal to 1"),
        ("spec.parameters[0].int.step", "expected greater than or equal to 1, got 0"),
    ),
    "a range beyond what doubles can subtract": Bad(
        parameter(0, {"name": "x", "float": {"min": -1.5e308, "max": 1.5e308}}),
        ("spec.parameters[0].float", "min and max must lie between -1e300 and 1e300"),
        ("spec.parameters[0].float", "between -1e300 and 1e300, got -1.5e+308 and 1.5e+308"),
    ),
    "an int bound that JSON cannot hold exactly": Bad(
        parameter(0, {"name": "x", "int": {"min": 0, "max": 2**53}}),
        ("spec.parameters[0].int.max", "should be less than or equal to"),
        ("spec.parameters[0].int.max", "less than or equal to 9007199254740991"),
    ),
    "a text where a number belongs": Bad(
        parameter(0, {"name": "x", "float": {"min": "0", "max": 1}}),
        ("spec.parameters[0].float.min", "must be of type number"),
        ("spec.parameters[0].float.min", 'expected a valid number, got "0"'),
    ),
    "a scale that does not exist": Bad(
        parameter(0, {"name": "x", "float": {**A_FLOAT, "scale": "Logarithmic"}}),
        ("spec.parameters[0].float.scale", 'supported values: "Linear", "Log"'),
        ("spec.parameters[0].float.scale", "'Linear' or 'Log', got \"Logarithmic\""),
    ),
    "two parameters of one name": Bad(
        parameters(OPTIMIZER, OPTIMIZER),
        ("spec.parameters[1]", "Duplicate value"),
        ("spec.parameters[1].name", "'optimizer' for the second time; rename one"),
    ),
    "a name that no environment variable can have": Bad(
        parameter(0, {"name": "learning-rate", "float": A_FLOAT}),
        ("spec.parameters[0].name", "should match"),
        ("spec.parameters[0].name", 'got "learning-rate"'),
    ),
    "no parameters": Bad(
        parameters(),
        ("spec.parameters", "should have at least 1 items"),
        ("spec.parameters", "at least 1 item"),
    ),
    "a categorical without values": Bad(
        parameter(0, {"name": "x", "categorical": {"values": []}}),
        ("spec.parameters[0].categorical.values", "should have at least 1 items"),
        ("spec.parameters[0].categorical.values", "at least 1 item"),
    ),
    "a list among the values": Bad(
        parameter(0, {"name": "x", "categorical": {"values": ["a", [1]]}}),
        ("spec.parameters[0].categorical.values[1]", "must have at most 0 items"),
        ("spec.parameters[0].categorical.values[1]", "expected a string, a number or a boolean"),
    ),
    "a null among the values": Bad(
        parameter(0, {"name": "x", "categorical": {"values": ["a", None]}}),
        None,
        ("spec.parameters[0].categorical.values[1]", "expected a string, a number or a boolean"),
    ),
    "a line break among the values": Bad(
        parameter(0, {"name": "x", "categorical": {"values": ["a", "b\nc"]}}),
        ("spec.parameters[0].categorical.values[1]", "should match"),
        ("spec.parameters[0].categorical.values[1]", "expected no control characters"),
    ),
    "two values that read the same": Bad(
        parameter(0, {"name": "x", "categorical": {"values": [1, "a", "1"]}}),
        None,
        ("spec.parameters[0].categorical.values[2]", "tell apart, got '1' as in [0]"),
    ),
    "a condition on a parameter that does not exist": Bad(
        parameter(2, {"name": "m", "float": A_FLOAT, "when": {"parameter": "opt", "in": ["sgd"]}}),
        ("spec.parameters", "when of m must name a parameter that comes before"),
        ("spec.parameters[2].when.parameter", "comes before (lr, optimizer), got 'opt'"),
    ),
    "a condition on a parameter that comes later": Bad(
        parameters({"name": "momentum", "float": A_FLOAT, "when": WHEN_SGD}, OPTIMIZER),
        ("spec.parameters", "when of momentum must name a parameter that comes before; put that"),
        ("spec.parameters[0].when.parameter", "comes before (there is none), got 'optimizer'"),
    ),
    "a condition on the parameter itself": Bad(
        parameters({**OPTIMIZER, "when": WHEN_SGD}),
        ("spec.parameters", "when of optimizer must name a parameter that comes before"),
        ("spec.parameters[0].when.parameter", "comes before"),
    ),
    "a condition on a float parameter": Bad(
        parameter(2, {"name": "m", "float": A_FLOAT, "when": {"parameter": "lr", "in": [0.1]}}),
        ("spec.parameters", "when of m must name a categorical or int parameter, not a float one"),
        ("spec.parameters[2].when.parameter", "expected a categorical or int parameter, got 'lr'"),
    ),
    "a condition on a value that is never taken": Bad(
        parameter(
            2, {"name": "m", "float": A_FLOAT, "when": {"parameter": "optimizer", "in": ["sdg"]}}
        ),
        None,
        ("spec.parameters[2].when.in[0]", "optimizer can have (one of sgd, adam), got 'sdg'"),
    ),
    "a condition on an integer off the lattice": Bad(
        parameters(
            {"name": "n", "int": {"min": 0, "max": 9, "step": 3}},
            {"name": "m", "float": A_FLOAT, "when": {"parameter": "n", "in": [3, 4]}},
        ),
        None,
        ("spec.parameters[1].when.in[1]", "n can have (integers from 0 to 9 by 3), got 4"),
    ),
    "a condition without values": Bad(
        parameter(2, {"name": "m", "float": A_FLOAT, "when": {"parameter": "optimizer", "in": []}}),
        ("spec.parameters[2].when.in", "should have at least 1 items"),
        ("spec.parameters[2].when.in", "at least 1 item"),
    ),
}

SECTIONS: dict[str, Bad] = {
    "a grid over a continuum": Bad(
        section("sampler", type="Grid"),
        ("spec.sampler", "type Grid needs a finite number of values; give lr a step, or set"),
        ("spec.sampler", "got the continuum of lr; give it a step, or set sampler.grid.points"),
    ),
    "a grid that closes branches": Bad(
        section("sampler", type="Grid", grid={"points": 3}, closeBranches={}),
        ("spec.sampler.closeBranches", "closeBranches is not for a Grid"),
        ("spec.sampler.closeBranches", "which tries everything; choose another type, or remove"),
    ),
    "settings of a grid for another sampler": Bad(
        section("sampler", type="Sobol", grid={"points": 5}),
        ("spec.sampler.grid", "grid belongs to type: Grid; remove grid, or choose that type"),
        ("spec.sampler.grid", "expected nothing, since type is Sobol, got settings; remove grid"),
    ),
    "a seed below zero": Bad(
        section("sampler", seed=-1),
        ("spec.sampler.seed", "should be greater than or equal to 0"),
        ("spec.sampler.seed", "greater than or equal to 0, got -1"),
    ),
    "a direction that does not exist": Bad(
        section("objective", direction="maximise"),
        ("spec.objective.direction", 'supported values: "Maximize", "Minimize"'),
        ("spec.objective.direction", "'Maximize' or 'Minimize', got \"maximise\""),
    ),
    "no direction": Bad(
        lambda spec: spec["objective"].pop("direction"),
        ("spec.objective.direction", "Required value"),
        ("spec.objective.direction", "expected a value, got nothing; add it"),
    ),
    "a metric that ends with a space": Bad(
        section("objective", metric="val accuracy "),
        ("spec.objective.metric", "should match"),
        ("spec.objective.metric", 'got "val accuracy "'),
    ),
    "a target that is no number": Bad(
        section("objective", target="high"),
        ("spec.objective.target", "must be of type number"),
        ("spec.objective.target", 'expected a valid number, got "high"'),
    ),
    "trials without an end": Bad(
        section("trials", max=0),
        ("spec.trials.max", "should be greater than or equal to 1"),
        ("spec.trials.max", "greater than or equal to 1, got 0"),
    ),
    "no number of trials": Bad(
        lambda spec: spec["trials"].pop("max"),
        ("spec.trials.max", "Required value"),
        ("spec.trials.max", "expected a value, got nothing; add it"),
    ),
    "a parallelism below zero": Bad(
        section("trials", parallelism=-1),
        ("spec.trials.parallelism", "should be greater than or equal to 0"),
        ("spec.trials.parallelism", "greater than or equal to 0, got -1"),
    ),
    "a resource without steps": Bad(
        section("resource", max=0),
        ("spec.resource.max", "should be greater than or equal to 1"),
        ("spec.resource.max", "greater than or equal to 1, got 0"),
    ),
    "a pruner that does not exist": Bad(
        lambda spec: spec.update(pruner={"type": "Mediam"}),
        ("spec.pruner.type", "supported values"),
        ("spec.pruner.type", 'got "Mediam"'),
    ),
    "a goal of reaching a target without one": Bad(
        lambda spec: [
            spec["objective"].pop("target"),
            spec.update(pruner={"type": "Auto", "auto": {"goal": "TimeToTarget"}}),
        ],
        ("spec.objective", "goal TimeToTarget needs objective.target; add it, or choose another"),
        ("spec.objective.target", "since the pruner's goal is TimeToTarget, got nothing; add it"),
    ),
    "settings of another pruner": Bad(
        lambda spec: spec.update(pruner={"type": "Nop", "median": {"startupTrials": 4}}),
        ("spec.pruner.median", "median belongs to type: Median; remove median, or choose"),
        ("spec.pruner.median", "since type is Nop, got settings; remove median, or set type"),
    ),
    "a pruner without the settings that it needs": Bad(
        lambda spec: spec.update(pruner={"type": "Percentile"}),
        ("spec.pruner.type", "type: Percentile needs settings; add percentile"),
        ("spec.pruner.percentile", "since type is Percentile, got nothing; add percentile"),
    ),
    "a profile that is not named": Bad(
        lambda spec: spec.update(pruner={"type": "Profile"}),
        ("spec.pruner.type", "type: Profile needs settings; add profile with the name of a"),
        ("spec.pruner.profile", "since type is Profile, got nothing; add profile with the name of"),
    ),
    "a profile beside settings": Bad(
        lambda spec: spec.update(
            pruner={"type": "Median", "median": {}, "profile": {"name": "strict"}}
        ),
        ("spec.pruner.profile", "profile belongs to type: Profile; remove profile, or choose"),
        ("spec.pruner.profile", "since type is Median, got settings; remove profile"),
    ),
    "a profile as a part of a combination": Bad(
        lambda spec: spec.update(pruner={"type": "Any", "any": [{"type": "Profile"}]}),
        ("spec.pruner.any[0].type", "supported values"),
        ("spec.pruner.any[0].type", 'got "Profile"'),
    ),
    "a name that no profile has": Bad(
        lambda spec: spec.update(pruner={"type": "Profile", "profile": {"name": "Not/One"}}),
        ("spec.pruner.profile.name", "should match"),
        ("spec.pruner.profile.name", "a text, which should match"),
    ),
    "a shadow with the settings of another pruner": Bad(
        section("pruning", shadows=[{"name": "s", "type": "Nop", "auto": {}}]),
        ("spec.pruning.shadows[0].auto", "auto belongs to type: Auto"),
        ("spec.pruning.shadows[0].auto", "since type is Nop, got settings; remove auto"),
    ),
    "a combination of pruners with the settings of another": Bad(
        lambda spec: spec.update(
            pruner={"type": "Any", "any": [{"type": "Nop"}, {"type": "Nop", "auto": {}}]}
        ),
        ("spec.pruner.any[1].auto", "auto belongs to type: Auto"),
        ("spec.pruner.any[1].auto", "since type is Nop, got settings; remove auto"),
    ),
    "bounds that are upside down": Bad(
        lambda spec: spec.update(
            pruner={"type": "Threshold", "threshold": {"lower": 2, "upper": 1}}
        ),
        ("spec.pruner.threshold.lower", "lower must not exceed upper; swap them"),
        ("spec.pruner.threshold.lower", "expected lower to be at most upper, 1.0, got 2.0; swap"),
    ),
    "a first rung beyond the largest": Bad(
        lambda spec: spec.update(
            pruner={"type": "Hyperband", "hyperband": {"minResource": 9, "maxResource": 3}}
        ),
        ("spec.pruner.hyperband.minResource", "minResource must not exceed maxResource; swap them"),
        ("spec.pruner.hyperband.maxResource", "to be at least minResource, 9, got 3; swap them"),
    ),
    "the first trials at a rung both kept and pruned": Bad(
        lambda spec: spec.update(
            pruner={
                "type": "SuccessiveHalving",
                "successiveHalving": {"minTrials": 4, "bootstrapCount": 2},
            }
        ),
        ("spec.pruner.successiveHalving.bootstrapCount", "prunes them; remove one of them"),
        (
            "spec.pruner.successiveHalving.bootstrapCount",
            "bootstrapCount to be 0, since minTrials, 4, keeps",
        ),
    ),
    "a warm-up that lasts to the end": Bad(
        lambda spec: spec.update(pruner={"type": "Auto", "auto": {"warmupSteps": 27}}),
        ("spec.pruner", "warmupSteps must be less than resource.max, or no trial is ever pruned"),
        ("spec.pruner.auto.warmupSteps", "less than resource.max (27), or no trial is ever"),
    ),
    "a shadow whose warm-up lasts to the end": Bad(
        section(
            "pruning",
            shadows=[
                {"name": "s", "type": "Patient", "patient": {"patience": 1, "warmupSteps": 99}}
            ],
        ),
        None,
        ("spec.pruning.shadows[0].patient.warmupSteps", "less than resource.max (27)"),
    ),
    "a first rung beyond the end": Bad(
        lambda spec: spec.update(
            pruner={"type": "SuccessiveHalving", "successiveHalving": {"minResource": 28}}
        ),
        ("spec.pruner", "minResource must not exceed resource.max, or no trial reaches a rung"),
        ("spec.pruner.successiveHalving.minResource", "at most resource.max (27), or no trial"),
    ),
    "a log to read without a pattern": Bad(
        lambda spec: spec.update(collector={"type": "Log"}),
        (
            "spec.collector.type",
            "type: Log needs settings; add log with a preset, or a pattern that has a group named"
            " value",
        ),
        ("spec.collector.log", "since type is Log, got nothing; add log"),
    ),
    "a file to read without its path": Bad(
        lambda spec: spec.update(collector={"type": "File"}),
        (
            "spec.collector.type",
            "type: File needs settings; add file with the path of the file to follow",
        ),
        ("spec.collector.file", "since type is File, got nothing; add file"),
    ),
    "a file to read for the local collector": Bad(
        section("collector", file={"path": "/espalier/values.jsonl"}),
        ("spec.collector.file", "file belongs to type: File; remove file, or choose that type"),
        (
            "spec.collector.file",
            "since type is Local, got settings; remove file, or set type: File",
        ),
    ),
    "a log to read for the file collector": Bad(
        section("collector", type="File", log={"pattern": "(?P<value>.*)"}),
        ("spec.collector.log", "log belongs to type: Log; remove log, or choose that type"),
        ("spec.collector.log", "since type is File, got settings; remove log, or set type: Log"),
    ),
    "a file outside the shared volume": Bad(
        section("collector", type="File", file={"path": "/tmp/values.jsonl"}),
        ("spec.collector.file.path", "should match"),
        ("spec.collector.file.path", 'got "/tmp/values.jsonl"'),
    ),
    **{
        f"a path to follow that {what}": Bad(
            section("collector", type="File", file={"path": path}),
            ("spec.collector.file.path", "should match"),
            ("spec.collector.file.path", "should match"),
        )
        for what, path in PATHS_OUT.items()
    },
    "a log of the sidecar's own": Bad(
        section("collector", type="Log", log={"path": "/espalier/.sidecar/x"}),
        ("spec.collector.log.path", "is the sidecar's own; choose another name"),
        ("spec.collector.log.path", "got /espalier/.sidecar/x; choose another name"),
    ),
    **{
        f"a pattern that {what}": Bad(
            section("collector", type="Log", log={"pattern": pattern}),
            None,
            ("spec.collector.log.pattern", message),
        )
        for what, (pattern, message) in COSTLY_PATTERNS.items()
    },
    "a pattern without a group named value": Bad(
        section("collector", type="Log", log={"pattern": r"loss=(\S+)"}),
        None,
        ("spec.collector.log.pattern", "expected a group named value, got none"),
    ),
    "a pattern of steps without a group named step": Bad(
        section(
            "collector", type="Output", output={"stepPattern": "x", "valuePattern": "(?P<value>.)"}
        ),
        None,
        ("spec.collector.output.stepPattern", "got none; write (?P<step>...) around"),
    ),
    "a pattern of steps without one of values": Bad(
        section("collector", type="Output", output={"stepPattern": "(?P<step>.)"}),
        ("spec.collector.output", "stepPattern is for values of another line; add valuePattern"),
        ("spec.collector.output", "got stepPattern alone; add valuePattern, or use pattern"),
    ),
    "a preset and a pattern": Bad(
        section("collector", type="Output", output={"preset": "Keras", "pattern": "(?P<value>.)"}),
        ("spec.collector.output", "give one of preset, pattern and valuePattern"),
        ("spec.collector.output", "got several; remove the others"),
    ),
    "a table outside the shared volume": Bad(
        section("collector", type="Csv", csv={"path": "/work/metrics.csv"}),
        None,
        ("spec.collector.csv.path", "or set directory to the directory that the trainer"),
    ),
    "a table outside its directory": Bad(
        section("collector", type="Csv", csv={"path": "/work/a.csv", "directory": "/work/logs"}),
        None,
        ("spec.collector.csv.path", "expected a file below directory (/work/logs)"),
    ),
    "a directory that the container needs": Bad(
        section("collector", type="TensorBoard", tensorBoard={"directory": "/usr/runs"}),
        None,
        ("spec.collector.tensorBoard.directory", "which the container needs as it is"),
    ),
    "a directory that is the shared volume's": Bad(
        section("collector", type="Csv", csv={"path": "/espalier/a.csv", "directory": "/espalier"}),
        None,
        ("spec.collector.csv.directory", "leave directory out"),
    ),
    "an endpoint without its port": Bad(
        section("collector", type="Prometheus"),
        ("spec.collector.type", "add prometheus with the port"),
        ("spec.collector.prometheus", "since type is Prometheus, got nothing; add prometheus"),
    ),
    "a collector and collectors": Bad(
        lambda spec: spec.update(collector={"type": "Local"}, collectors=[{"type": "Auto"}]),
        ("spec.collectors", "collector and collectors say the same; keep one of them"),
        ("spec.collectors", "expected collector or collectors, got both; keep one of them"),
    ),
    "a fault in the second collector": Bad(
        lambda spec: (
            spec.pop("collector"),
            spec.update(collectors=[{"type": "Auto"}, {"type": "Log", "log": {"pattern": "x"}}]),
        ),
        None,
        ("spec.collectors[1].log.pattern", "expected a group named value, got none"),
    ),
    "steps that are scaled to nothing": Bad(
        section("collector", stepScale=0),
        ("spec.collector.stepScale", "should be greater than 0"),
        ("spec.collector.stepScale", "greater than 0"),
    ),
    "a metric's name with a line break": Bad(
        section("objective", metric="val\nloss"),
        ("spec.objective.metric", "should match"),
        ("spec.objective.metric", "should match"),
    ),
    "no finalist at all": Bad(
        section("finalists", count=0),
        ("spec.finalists.count", "should be greater than or equal to 1"),
        ("spec.finalists.count", "expected greater than or equal to 1, got 0"),
    ),
    "more repeats than names have room for": Bad(
        section("finalists", repeats=21),
        ("spec.finalists.repeats", "should be less than or equal to 20"),
        ("spec.finalists.repeats", "expected less than or equal to 20, got 21"),
    ),
    "a metric's name of 251 characters": Bad(
        section("objective", metric="m" * 251),
        ("spec.objective.metric", "250"),
        ("spec.objective.metric", "250"),
    ),
    "a pattern that is no regular expression": Bad(
        section("collector", type="Log", log={"pattern": "(?P<value>"}),
        None,
        ("spec.collector.log.pattern", "expected a regular expression of Python's"),
    ),
    "a field that does not exist": Bad(
        section("trials", paralelism=4),
        ("", 'unknown field "spec.trials.paralelism"'),
        ("spec.trials.paralelism", "did you mean parallelism?"),
    ),
}

TEMPLATES: dict[str, Bad] = {
    "no template": Bad(
        lambda spec: spec.pop("template"),
        ("spec.template", "Required value"),
        ("spec.template", "expected a value, got nothing; add it"),
    ),
    "a template without a spec": Bad(
        lambda spec: spec.update(template={}),
        None,
        ("spec.template.spec", "expected a pod's spec with containers, got nothing"),
    ),
    "a template without containers": Bad(
        lambda spec: spec.update(template={"spec": {"containers": []}}),
        None,
        (CONTAINERS, "expected at least one container, got none; add the one that trains"),
    ),
    "containers that are no list": Bad(
        lambda spec: spec.update(template={"spec": {"containers": {"name": "trainer"}}}),
        None,
        (CONTAINERS, "expected a list, got an object"),
    ),
    "a container that is no object": Bad(
        lambda spec: spec.update(template={"spec": {"containers": ["trainer"]}}),
        None,
        (f"{CONTAINERS}[0]", "expected an object, got a string"),
    ),
    "a container without a name": Bad(
        container(name=None),
        None,
        (f"{CONTAINERS}[0].name", "expected a name, got nothing; name the container"),
    ),
    "two containers of which none is the trainer": Bad(
        lambda spec: spec.update(template={"spec": {"containers": [{"name": "a"}, {"name": "b"}]}}),
        None,
        ("spec.trainerContainer", "has several (a, b) and none is called 'trainer'"),
    ),
    "a trainer that is not in the template": Bad(
        lambda spec: spec.update(trainerContainer="train"),
        None,
        ("spec.trainerContainer", "(trainer), got 'train'; correct the name"),
    ),
    "a container with the sidecar's name": Bad(
        container(name="espalier-sidecar"),
        None,
        (f"{CONTAINERS}[0].name", "expected another name than 'espalier-sidecar'"),
    ),
    "a volume with the name of Espalier's own": Bad(
        lambda spec: spec["template"]["spec"].update(volumes=[{"name": "espalier"}]),
        None,
        ("spec.template.spec.volumes[0].name", "expected another name than 'espalier'"),
    ),
    "a restart policy that hides failures": Bad(
        lambda spec: spec["template"]["spec"].update(restartPolicy="OnFailure"),
        None,
        ("spec.template.spec.restartPolicy", "got 'OnFailure'; remove the field"),
    ),
}

BAD = PARAMETERS | SECTIONS | BUDGETS | CONTINUING | TEMPLATES
