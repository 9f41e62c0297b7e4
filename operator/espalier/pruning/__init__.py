"""Which trials to end early: ledger, decisions, pruners. Pure."""
