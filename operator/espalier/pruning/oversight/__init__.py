"""What stands above every pruner: guards, breaker, exempt trials, shadows, restraint."""
