"""The way of a value: append, judge, commit; one writer for each study."""
