"""Verdicts from numbers. Pure functions: no I/O, no clock, no model; the standard library only.

Shares are in [0, 1] (0.05 is five points), `gain` is new minus old, levels are one-sided. Import from the modules:

- `paired`: `count(old, new, pass_mark=0.5) -> Change(losses, wins, ties, unmeasured)`, `differences(old, new)`,
  `mcnemar_p(losses, wins)`, `sign_flip(values, seed=0) -> SignFlip(p_value, ...)`
- `interval`: `gain_interval(change)`, `mean_interval(values)`; both ends are one-sided 95 % bounds
- `gate`: `Gate(planned, Kind(graded, clusters, stored, answers), alpha=0.05, max_drop=0, detect=0.05, batch=1)`:

      gate = Gate(len(cases), Kind(stored=(5,) * len(cases)), batch=concurrency)
      for batch in gate.batches():                       # sizes; ends by itself once decided
          ...                                            # answer the next `batch` cases of the order
          step = gate.look(differences, holes)           # new minus old of all cases so far, None: not measured
          if step.blocked:
              p = confirm(fresh_pairs)                   # every changed case, afresh on both sides
              gate.confirm(why) if p <= level else gate.withdraw(why)
      verdict = gate.verdict()                           # or verdict(stopped="the budget is spent")

- `confirm`: `confirm(pairs, clusters) -> p`; `family`: `holm(p_values, family=gates, among=tests_of_a_gate)`
- `stale`: `stale_sample(stored, seed)`, `stale(stored, fresh) -> Stale`; `anchor`: `anchor_look(changes)`,
  `anchor_level(look)`
- `heldout`: `HeldOut(planned, at=level)`, driven like the gate with `look(change)`; `.size(measured)` is conditional on
  acceptance (`conditional.Size`); `draft`: `promise(change)` for what was not confirmed
- `noise`: `noise_of(samples)`; `selftest`: `self_test(samples)`; `smallset`: `outlook(cases, noise)`; `year`: `year(n)`
- `betting`: `betting_interval(units)`; `bounds`, `walk`, `boundary`, `evidence`: what the gate is made of
- `limits`: `min_score(looks, planned, target)`, `min_mean(values, target)`,
  `ceiling(name, values, limit, unit)`
- `preferred`: `preferred(preferences, shipped) -> Preferred`, `length_controlled(preferences)`; `logistic`: `fit`
- `slices`: `slices(changes_by_tag) -> (Verdict, rows)`
- `repeats`: `k_of_n(values, needed)`, `mean_value(values)`, `flaky(samples)`
- `verdict`: `Verdict(gate, name, told, numbers)`: `told` are typed reasons, `.reasons` their texts;
  `combined(verdicts)`: one from several gates, each named
- `accept`: `screen(development_differences, sizes=None)`, `level(query)`, `repeats_on_test(n)`, `may_open(cases)`,
  `accept(change, at=level)` for 0/1 outcomes, `accept_graded(values, at=level, unmeasured=0, sizes=None)` for graded
  ones, means of repeats, and cluster sums with the cases behind each in `sizes`
- `overfit`: `overfit(train_differences, validation_differences)`: fires above 3 standard errors
- `power`: `cases_needed(drop, noise)`, `detectable_drop(cases, noise)`, `table(noise)`, `cases_to_halve(cases, noise)`
"""
