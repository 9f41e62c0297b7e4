"""What a study may use: how far it is spent, and what follows when it is."""
