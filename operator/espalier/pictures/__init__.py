"""Pictures of studies, drawn by matplotlib, which is the extra `pictures`. Pure: views in."""
