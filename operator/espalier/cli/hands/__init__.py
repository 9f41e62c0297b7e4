"""What a person does to a study that runs, by commands; each is possible by plain kubectl, too."""
