"""Answers to every why: of a trial, of a study, of what shadows would have done. Pure."""
