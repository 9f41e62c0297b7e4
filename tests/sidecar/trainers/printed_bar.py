"""A training loop with tqdm, as people write it."""

import json
import sys

from tqdm import tqdm

rows: list = []
for epoch in range(3):
    bar = tqdm(range(300), desc=f"Epoch {epoch}", file=sys.stdout, mininterval=0)
    for step in bar:
        loss = round(1 / (epoch + 1) + 1 / (step + 1), 4)
        bar.set_postfix(loss=f"{loss:.4f}")
    rows.append(("loss", epoch, loss))
    print(f"val_loss={0.5 / (epoch + 1):.3f}")
    rows.append(("val_loss", epoch, round(0.5 / (epoch + 1), 3)))
with open(sys.argv[1], "w") as file:
    json.dump(rows, file)
