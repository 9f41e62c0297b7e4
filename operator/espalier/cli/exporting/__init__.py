"""What `espalier export` writes: one file for each format, all of them made of a study's log."""
