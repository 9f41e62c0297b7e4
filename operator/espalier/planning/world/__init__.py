"""What a plan is made from: objects as views, records, settings, names."""
