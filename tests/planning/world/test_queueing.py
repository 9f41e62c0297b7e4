"""What a Study says to Kueue reaches its Jobs, which wait for the queue from the first moment."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from espalier.errors import SpecError
from espalier.planning.workload.building import build_workload
from espalier.planning.world.queueing import is_for_kueue
from tests.planning.worlds import (
    SETTINGS,
    spec_dict,
    study,
    trial,
)

QUEUE = "kueue.x-k8s.io/queue-name"
CLASS = "kueue.x-k8s.io/priority-class"
PROVREQ = "provreq.kueue.x-k8s.io/maxRunDurationSeconds"
KEY = st.sampled_from(
    [QUEUE, CLASS, PROVREQ, "kueue.x-k8s.io/new", "kueue", "a/kueue.x-k8s.io", "team"]
)
METADATA = st.dictionaries(KEY, st.sampled_from(["a", "b", ""]), max_size=3)


def view(labels=(), annotations=(), inner=None):
    template = {**spec_dict()["template"], "metadata": inner or {}}
    return replace(study(template=template), labels=dict(labels), annotations=dict(annotations))


def differ(outer, inner):
    both = outer.keys() & inner.keys()
    return any(is_for_kueue(key) and outer[key] != inner[key] for key in both)


def built(study_view):
    return build_workload(study_view, trial(0), 0, SETTINGS)


@given(METADATA, METADATA, METADATA, METADATA)
def test_all_that_is_kueues_of_a_study_and_its_template_reaches_the_job(
    labels, annotations, inner_labels, inner_annotations
):
    inner = {"labels": inner_labels, "annotations": inner_annotations}
    try:
        made = built(view(labels, annotations, inner))
    except SpecError:
        assert differ(labels, inner_labels) or differ(annotations, inner_annotations)
        return
    assert not differ(labels, inner_labels)
    assert not differ(annotations, inner_annotations)
    for where, outer, within in (
        ("labels", labels, inner_labels),
        ("annotations", annotations, inner_annotations),
    ):
        job_has = made["metadata"][where]
        assert {k: v for k, v in (outer | within).items() if is_for_kueue(k)} == {
            k: v for k, v in job_has.items() if is_for_kueue(k)
        }
        assert not {"kueue", "a/kueue.x-k8s.io", "team"} & set(job_has)
        pods = made["spec"]["template"]["metadata"].get(where, {})
        assert within.items() <= pods.items()
    queued = bool(labels.get(QUEUE) or inner_labels.get(QUEUE))
    assert made["spec"].get("suspend", False) == queued


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_a_template_that_says_something_else_than_its_study_is_refused(where):
    with pytest.raises(SpecError) as refused:
        built(view(**{where: {CLASS: "high"}}, inner={where: {CLASS: "low"}}))
    assert refused.value.field == f"spec.template.metadata.{where}[{CLASS}]"
    assert "high" in refused.value.message
    assert "low" in refused.value.message
