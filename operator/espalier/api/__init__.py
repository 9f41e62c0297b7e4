"""The Study and Trial resources: models, conditions, CRDs. Pure."""
