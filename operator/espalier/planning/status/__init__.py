"""What the statuses of Study and Trial say."""
