"""When a study will end, as far as its trials tell."""
