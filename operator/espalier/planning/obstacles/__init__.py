"""What is in the way of a study or a trial, in the cluster's own words."""
