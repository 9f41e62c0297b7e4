"""What has been reported in a study, and the order statistics that pruners ask of it."""
