"""A real Prometheus, Debian's, that scrapes one address and answers queries."""

import json
import math
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grafana_foundation_sdk.models.dashboard import Panel
from grafana_foundation_sdk.models.prometheus import Dataquery

from espalier.generate.dashboard import BOARDS
from tests.patience import PATIENCE
from tests.ports import free_port
from tools.cluster import debian
from tools.cluster.layout import cache_folder
from tools.cluster.progress import Progress

INTERVAL = 0.5
"""Seconds between scrapes, unless told otherwise."""

VARIABLES = {"$__rate_interval": "1h", "$namespace": ".*", "$study": ".*", "$direction": ".*"}
"""What Grafana would put in; the rates look back over the whole test."""


def panels(*boards: str) -> list[Panel]:
    """List every panel of these dashboards (all), without the rows that are titles."""
    made = (BOARDS[name]() for name in boards or BOARDS)
    return [panel for board in made for panel in board.panels if isinstance(panel, Panel)]


def panel_queries() -> list[tuple[Panel, Dataquery]]:
    """List every query of the dashboards with its panel."""
    return [(panel, query) for panel in panels() for query in panel.targets]


def filled_in(expr: str) -> str:
    """Replace Grafana's variables, as Grafana does before it asks."""
    for variable, value in VARIABLES.items():
        expr = expr.replace(variable, value)
    return expr


def binary(name: str) -> str:
    """Find `prometheus` or `promtool`, or unpack Debian's package in the cache."""
    installed = shutil.which(name)
    return installed or str(debian.prometheus(cache_folder(), Progress()).parent / name)


@dataclass
class Prometheus:
    """A running server; `url` is its address."""

    url: str

    def ask(self, path: str, **parameters: str) -> dict:
        """Ask its HTTP API and return the data."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{parameters}: {error.read().decode()}") from None

    def values(self, expr: str) -> list[float]:
        """Return the finite values that a query has now."""
        found = self.ask("query", query=filled_in(expr))["result"]
        values = [float(series["value"][1]) for series in found]
        return [value for value in values if math.isfinite(value)]

    def without_data(self) -> list[str]:
        """Name the panels' queries that have no finite value."""
        return [
            f"{panel.title}: {query.expr}"
            for panel, query in panel_queries()
            if not self.values(query.expr)
        ]

    def panels_without_words(self) -> list[str]:
        """Name the panels that have no finite value at all, and do not say why."""
        return [
            panel.title
            for panel in panels()
            if not panel.field_config.defaults.no_value
            and not any(self.values(query.expr) for query in panel.targets)
        ]

    def ready(self) -> bool:
        """Whether it answers and its target is up."""
        try:
            urllib.request.urlopen(f"{self.url}/-/ready", timeout=10).close()
        except OSError:
            return False
        return self.values("up") == [1.0]

    def await_data(self) -> None:
        """Wait until every query of the dashboards has data; else say which have none."""
        self._await_none(self.without_data)

    def await_data_or_words(self) -> None:
        """Wait until every panel has data or says why it has none; else say which do not."""
        self._await_none(self.panels_without_words)

    def await_exemplars(self, expr: str) -> list[dict[str, str]]:
        """Wait for exemplars of what an expression asks for; return their labels, each once."""
        deadline = time.monotonic() + PATIENCE
        while True:
            end = time.time()
            asked = {"query": expr, "start": str(end - 3600), "end": str(end + 60)}
            found = self.ask("query_exemplars", **asked)
            labels = [each["labels"] for series in found for each in series["exemplars"]]
            if labels:
                return [each for n, each in enumerate(labels) if each not in labels[:n]]
            assert time.monotonic() < deadline, f"no exemplar of {expr}"
            time.sleep(INTERVAL)

    @staticmethod
    def _await_none(missing: Callable[[], list[str]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while empty := missing():
            assert time.monotonic() < deadline, "no data for " + "\n".join(empty)
            time.sleep(INTERVAL)


@contextmanager
def scraping(
    target: str, folder: Path, interval: float = INTERVAL, *, keep_exemplars: bool = False
) -> Iterator[Prometheus]:
    """Run a Prometheus that scrapes `target` (host:port) until the block is left."""
    job = {"job_name": "espalier", "static_configs": [{"targets": [target]}]}
    seconds = f"{int(interval * 1000)}ms"
    config = {
        "global": {"scrape_interval": seconds, "scrape_timeout": seconds},
        "scrape_configs": [job],
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # JSON is YAML
    address = f"127.0.0.1:{free_port()}"
    server = Prometheus(f"http://{address}")
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(
            [
                binary("prometheus"),
                f"--config.file={folder}/prometheus.yml",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={address}",
                *(["--enable-feature=exemplar-storage"] if keep_exemplars else []),
            ],
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while not server.ready():
            said = (folder / "prometheus.log").read_text()[-2000:]
            assert process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
