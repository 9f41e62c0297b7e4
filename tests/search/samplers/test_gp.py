"""GP says what it lacks; what it proposes where PyTorch is installed is in the bench."""

from espalier.search import GP, NO_HISTORY, FloatRange, Parameter, Space

X = Space((Parameter("x", FloatRange(0.0, 1.0)),))


def test_without_pytorch_a_study_is_told_which_image_has_it(monkeypatch):
    monkeypatch.setattr("espalier.search.samplers.gp.find_spec", lambda name: None)
    assert "image.variant: gp" in (GP().objection(X) or "")


def test_a_space_without_a_parameter_that_always_takes_part_is_refused(monkeypatch):
    monkeypatch.setattr("espalier.search.samplers.gp.find_spec", lambda name: name)
    assert GP().objection(X) is None
    assert "choose TPE" in (GP().objection(Space(())) or "")
    assert GP(startup_trials=1) != GP()
    assert NO_HISTORY == ()
