"""Train one task: python -m tools.curves NAME OUTDIR; without arguments the names."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from tools.curves.kinds import write_kind

TASKS = {
    "rff_budgetfood_mse": "smooth",
    "mf_stdlib_rmse": "smooth",
    "cnn_digits_nll": "schedules",
    "gru_names_nats": "schedules",
    "mlp_anes_smallval_acc": "noisy",
    "rbf_fair_minival_auc": "noisy",
    "pg_cartpole_return": "reinforce",
    "es_acrobot_return": "evolution",
    "qlearn_grid_success": "sparse",
    "parity_mlp_acc": "parity",
    "mlp_diabetes_mse": "overfit",
    "bow_stdlib_nll": "overfit",
    "ada_hdma_auc": "trees",
    "sgdsvm_movies_acc": "linear",
    "sgns_stdlib_auc": "embed",
    "dae_patches_psnr": "denoise",
    "kmeans_wages_error": "clusters",
    "nmf_digits_error": "clusters",
    "resmlp_diamonds_rmse": "annealed",
    "charlm_stdlib_nats": "annealed",
    "sgdr_shifts_nll": "cycles",
    "clr_cut_nll": "cycles",
    "mlp_kakadu_seeds_acc": "repeats",
    "dpsgd_chile_seeds_acc": "repeats",
    "sarsa_mountaincar_return": "mountain",
    "cem_pendulum_upright": "swing",
}


def main() -> None:
    if len(sys.argv) != 3 or sys.argv[1] not in TASKS:
        print("usage: python -m tools.curves NAME OUTDIR\n" + "\n".join(TASKS))
        raise SystemExit(2)
    module = importlib.import_module(f"tools.curves.{TASKS[sys.argv[1]]}")
    getattr(module, sys.argv[1])(sys.argv[2])
    write_kind(Path(sys.argv[2], f"{sys.argv[1]}.json"))


if __name__ == "__main__":
    main()
