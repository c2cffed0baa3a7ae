"""Verdicts from numbers. Pure functions: no I/O, no clock, no model; the standard library only.

Shares are in [0, 1] (0.05 is five points), `gain` is new minus old, levels are one-sided. Import from the modules:

- `paired`: `count(old, new, pass_mark=0.5) -> Change(losses, wins, ties, unmeasured)`, `differences(old, new)`,
  `mcnemar_p(losses, wins)`, `sign_flip(values, seed=0) -> SignFlip(p_value, ...)`
- `interval`: `gain_interval(change)`, `mean_interval(values)`; both ends are one-sided 95 % bounds
- `gate`: `Gate(planned, alpha=0.05, max_drop=0.05, looks=8)`, driven like this:

      gate = Gate(planned=len(cases))
      for batch in gate.batches():                                  # sizes; ends by itself once decided
          ...                                                       # score old and new on the next `batch` cases
          step = gate.look(losses, wins, cases_done, unmeasured)    # cumulative counts, raw
          if step.blocked and baseline_is_stored:
              step = gate.rerun(standing)                           # losses that the old prompt passed again
      verdict = gate.verdict()                                      # or verdict(stopped="the budget is spent")

- `unitgate`: `UnitGate(sizes, ...)`, the same for clusters and for graded values without a pass mark:
  `look(units.units(differences, clusters), cases_done, unmeasured)`; `units.unit_interval(seen)` for its interval
- `limits`: `min_score(looks, planned, target)`, `min_mean(values, target)`, `must_pass(reruns)`,
  `ceiling(name, values, limit, unit)`
- `slices`: `slices(changes_by_tag) -> (Verdict, rows)`, `holm(p_values)`
- `repeats`: `k_of_n(values, needed)`, `mean_value(values)`, `flaky(samples)`
- `verdict`: `Verdict(gate, name, reasons, numbers)`, `combined(verdicts)`: one from several gates, each named
- `accept`: `screen(development_differences, sizes=None)`, `level(query)`, `repeats_on_test(n)`, `may_open(cases)`,
  `accept(change, at=level)` for 0/1 outcomes, `accept_graded(values, at=level, unmeasured=0, sizes=None)` for graded
  ones, means of repeats, and cluster sums with the cases behind each in `sizes`
- `overfit`: `overfit(train_differences, validation_differences)`: fires above 3 standard errors
- `power`: `cases_needed(drop, noise)`, `detectable_drop(cases, noise)`, `table(noise)`, `cases_to_halve(cases, noise)`
"""
