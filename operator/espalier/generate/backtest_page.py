"""The reference of `espalier backtest`: docs/reference/backtest.md."""

from __future__ import annotations

from espalier.cli.backtest import command
from espalier.generate.markdown import NOTE
from espalier.generate.option_rows import about, option_rows

_PAGE = """{note}
# `espalier backtest`

[Choose a pruner](../how-to/choose-a-pruner.md#try-before-you-trust) shows when to use it.

```text
espalier backtest [OPTIONS] CURVES...

{about}
```

| option | default | meaning |
| --- | --- | --- |
{options}

## What `--json` prints

One object with `workers`, `trials`, `orders` and `seed` as they were given, and one of three lists:

- `results`: a *result* for each pruner.
- `frontier`: for each pruner its `pruner`, `knob` and `points`. A point is a *result* with its
  `value`, and `best` where no other point beats it.
- `calibration`: for each pruner its `pruner` and `classes`. A class has the risk `stated`; the
  share `lost` with its interval, `low` to `high`, from `losses` out of `studies`; their `ratio`;
  the `verdict` (`below`, `within` or `above`), `within` for short, and whether the whole interval
  says so (`sure`); and the share lost of each of the `tasks`. Beside `classes` stand those of each
  of the `kinds`, by name, where tasks say theirs, and under `reevaluated` the classes of the tasks
  with a second evaluation, as it tells.

A *result* has the `pruner`; `saved`, `regret` and `lost`, each with `mean`, `low` and `high`;
`budgetRegret` by share of the time, empty without `--budgets`; `reevaluated`, `regret` and `lost`
as second evaluations tell, null where there are none; and `tasks`: by name the means, and in
`lists` the figures of each study.
"""


def backtest_page() -> str:
    """Write the reference of `espalier backtest`, in Markdown."""
    return _PAGE.format(note=NOTE, about=about(command), options=option_rows(command))
