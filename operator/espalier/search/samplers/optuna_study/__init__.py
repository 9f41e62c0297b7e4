"""A history as Optuna's samplers read it: a study that is only read, new for each question."""
