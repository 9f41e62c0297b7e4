"""The kopf shell: start-up and watches."""
