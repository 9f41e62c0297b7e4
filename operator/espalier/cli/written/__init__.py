"""Files that people write, such as study.yaml: read with their lines, checked, and begun."""
