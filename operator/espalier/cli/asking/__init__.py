"""Where commands get the views of a study that they show: the read API, or an exported log."""
