"""A training that serves its metrics by prometheus_client; run where that is.

It sets what each line of its standard input says, in order, and prints the port first.
"""

import json
import sys

from prometheus_client import Gauge, start_http_server

server, _ = start_http_server(0, addr="127.0.0.1")
GAUGES = {
    "epoch": Gauge("epoch", "of the training"),
    "val_loss": Gauge("val_loss", "after each epoch"),
}
LABELLED = Gauge("val_accuracy", "after each epoch", ["split"])
print(server.server_port, flush=True)
for line in sys.stdin:
    for name, value in json.loads(line):
        (GAUGES.get(name) or LABELLED.labels(split=name)).set(value)
    print("set", flush=True)
