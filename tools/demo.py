"""`make demo`: from nothing to a finished study on a real cluster, shown as it runs."""

import os
import subprocess
import sys

from tools.cluster import lifecycle
from tools.cluster.build import link_tools
from tools.cluster.errors import ClusterError
from tools.cluster.layout import Kind, cache_folder
from tools.cluster.progress import Progress
from tools.deploy import NAMESPACE, OWN_IMAGES, deploy, images_prefix
from tools.images.recipe import ROOT

STUDY = "examples/digits/study.yaml"

AFTERWARDS = """
Look further:
  export KUBECONFIG={kubeconfig}
  export PATH={tools}:$PATH
  kubectl get studies,trials
  kubectl get trials --field-selector status.phase=Pruned
  kubectl describe trial {pruned}
  kubectl exec -n {namespace} deployment/espalier -- espalier replay default/digits
  kubectl delete study digits      # and nothing is left of it
  make cluster-down
"""


def main() -> int:
    """Run the demonstration and return its exit code."""
    name = os.environ.get("ESPALIER_CLUSTER", "espalier")
    try:
        deploy(name, Progress())
    except ClusterError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    foreign = lifecycle.foreign_kubeconfig()
    layout = lifecycle.find(name, Kind.FULL)
    kubeconfig = foreign or (layout.kubeconfig if layout else None)
    tools = link_tools(cache_folder())
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "PATH": f"{tools}:{os.environ['PATH']}",
    }

    def run(*command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=False, text=True, input=stdin
        )

    run("kubectl", "delete", "study", "digits", "--ignore-not-found", "--wait=true")
    study = (ROOT / STUDY).read_text().replace(OWN_IMAGES, images_prefix())
    if run("kubectl", "apply", "-f", "-", stdin=study).returncode:
        return 1
    watched = run(sys.executable, "-m", "espalier.cli.main", "watch", "digits")
    first_pruned = subprocess.run(
        ["kubectl", "get", "trials", "--field-selector", "status.phase=Pruned", "-o",
         "jsonpath={.items[0].metadata.name}"],
        cwd=ROOT, env=environment, check=False, text=True, capture_output=True,
    ).stdout  # fmt: skip
    pruned = first_pruned or "digits-0"
    print(AFTERWARDS.format(kubeconfig=kubeconfig, tools=tools, pruned=pruned, namespace=NAMESPACE))
    return watched.returncode


if __name__ == "__main__":
    sys.exit(main())
