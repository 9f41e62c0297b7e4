"""From what is seen of the cluster to what is done about it, again and again."""
