"""A year of a repository: what promptci says of every commit, beside the usual rules on the same answers.

    python benchmarks/year.py [--years 4] [--seed 1] [--workers 2]

Three prompts of 300 cases, eight in ten pass, one in twenty differs between two runs. 250 commits, each of one prompt:
80 % harmless (4 % of the cases are moved for good, half of them each way), 15 % better by 1 to 6 points, 5 % worse by 3
to 15. Twice the provider changes under the same name: 4 % of the cases of each prompt pass, then another 4 % fail,
whatever the text. Each week every prompt is searched: twelve candidates, half of the weeks none is better; the best
one on the development cases is asked about once, at the ledger's level. What is red is not merged; what is confirmed is
merged, with a new baseline. Checks and confirmations are the command's own code (`in_memory.py`); the search itself is
planted. *Missed* is a worse commit that was merged; it is *found later* when the anchor turns red.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from decision_worlds import Rng, interval_of_rate
from decisions_fresh import Chances, Setting, chances, dropped, reshuffled
from in_memory import SETTINGS, House, Passes, Store, eval_set, prompt, settings

from promptci.decide.accept import screen
from promptci.decide.paired import mcnemar_p
from promptci.evals.split import split
from promptci.improve.confirm import tried
from promptci.improve.reserve import reserve
from promptci.records.ledger import Question

NAMES, CASES, COMMITS, CANDIDATES, CALLS = ("one", "two", "three"), 300, 250, 12, 2_000
SETTING = Setting("spread", CASES, 0.05)
RULES = ("score below the first one - 2 points", "new < old", "drop > 2 points", "any newly failing", "unpaired z",
         "exact McNemar")  # fmt: skip


def usual(old: Passes, new: Passes, first: float) -> list[bool]:
    """Whether each of the usual rules is red on one answer a side to every case."""
    losses, wins = int((old & ~new).sum()), int((new & ~old).sum())
    a, b = float(old.mean()), float(new.mean())
    spread = (a * (1 - a) + b * (1 - b)) / len(old)
    z = (a - b) / max(spread, 1e-9) ** 0.5
    return [b < first - 0.02, b < a, a - b > 0.02, losses > 0, z > 1.645, mcnemar_p(losses, wins) <= 0.05]


USUAL = "best on the development cases"


@dataclass
class Year:
    """One repository's year. `at` is the version of each prompt, `accepted` that of its baseline."""

    rng: Rng
    house: House
    at: dict[str, int] = field(default_factory=dict)
    accepted: dict[str, int] = field(default_factory=dict)
    newest: dict[str, int] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    open_drops: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in NAMES})
    asked: dict[str, list[Question]] = field(default_factory=lambda: {name: [] for name in NAMES})
    counts: Counter[str] = field(default_factory=Counter)
    days: list[int] = field(default_factory=list)

    def truth(self, name: str, version: int) -> Chances:
        return self.house.truth[f"{name} {version}"]

    def begin(self) -> None:
        tree = self.house.store.tree
        tree[SETTINGS] = settings(dict.fromkeys(NAMES, ""))
        for name in NAMES:
            self.at[name] = self.accepted[name] = self.newest[name] = 0
            self.house.truth[f"{name} 0"] = chances(self.rng, SETTING)
            self.first[name] = float(self.truth(name, 0).mean())
            tree |= {f"{name}.jsonl": eval_set(CASES), f"{name}.md": prompt(name, 0)}
            self.house.accept(name)
        self.house.store.commit()
        self.house.calls = 0

    def written(self, name: str, chance: Chances) -> int:
        """Put a new version of a prompt into the working tree."""
        self.newest[name] += 1
        self.house.truth[f"{name} {self.newest[name]}"] = chance
        self.house.store.tree[f"{name}.md"] = prompt(name, self.newest[name])
        return self.newest[name]

    def merged(self, name: str, version: int) -> None:
        self.house.store.tree[f"{name}.md"] = prompt(name, version)
        self.house.store.commit()
        self.at[name] = version

    def commit(self, day: int) -> None:
        """Somebody edits a prompt, and the change is checked."""
        name, kind = NAMES[self.rng.integers(3)], float(self.rng.random())
        old = self.truth(name, self.at[name])
        if kind < 0.80:
            new = reshuffled(self.rng, old, 0.04)
        elif kind < 0.95:
            new = dropped(self.rng, old, self.rng.uniform(0.01, 0.06), up=True)
        else:
            new = dropped(self.rng, old, self.rng.uniform(0.03, 0.15))
        worse = kind >= 0.95
        version, calls = self.written(name, new), self.house.calls
        (report,) = self.house.check(str(len(self.house.store.commits) - 1))
        self.counts["calls of checks"] += self.house.calls - calls
        self.counts["worse commits" if worse else "other commits"] += 1
        self._usual(name, version, worse)
        red = [gate.name for gate in report.gates if gate.verdict == "fail"]
        if not red:
            self.merged(name, version)
            if worse:
                self.counts["missed"] += 1
                self.open_drops[name].append(day)
        elif worse and "max_drop" in red:
            self.counts["caught at once"] += 1
            self.days.append(0)
            self.house.store.tree[f"{name}.md"] = prompt(name, self.at[name])
        else:
            self._looked_into(name, version, day, worse, "anchor" in red)

    def _looked_into(self, name: str, version: int, day: int, worse: bool, anchor: bool) -> None:
        """A red that the commit's own kind does not explain: the anchor's, or a false one."""
        lost = float(self.truth(name, self.accepted[name]).mean() - self.truth(name, version).mean())
        self.house.store.tree[f"{name}.md"] = prompt(name, self.at[name])
        if not (anchor and lost > 0.005):
            self.counts["false reds"] += 1
            return
        self.counts["anchor: true"] += 1
        found = [*self.open_drops[name], *([day] if worse else [])]
        self.counts["found later"] += len(self.open_drops[name])
        self.days += [day - missed for missed in found]
        self.open_drops[name] = []
        self.merged(name, self.accepted[name])

    def _usual(self, name: str, version: int, worse: bool) -> None:
        door = self.house.last
        old, new = (door.answers(f"{name} {v}", 0) for v in (self.at[name], version))
        for rule, red in zip(RULES, usual(old, new, self.first[name]), strict=True):
            self.counts[f"{rule}: {'missed' if worse and not red else 'false' if red and not worse else 'right'}"] += 1

    def provider(self, passes: bool) -> None:
        """The model behind the name answers 4 % of the cases otherwise, whatever the text."""
        for name in NAMES:
            moved = self.rng.choice(CASES, round(0.04 * CASES), replace=False)
            for text, chance in self.house.truth.items():
                if text.startswith(f"{name} "):
                    chance[moved] = 0.975 if passes else 0.025

    def search(self, name: str) -> None:
        """Twelve candidates, the best on the development cases asked about on the held-out ones."""
        old, best = self.truth(name, self.at[name]), self.rng.random() < 0.5
        gains = self.rng.normal(0.0, 0.03, CANDIDATES)
        gains = gains if best else -np.abs(gains)
        tried_ = [dropped(self.rng, reshuffled(self.rng, old, 0.06), abs(g), up=g > 0) for g in gains]
        side, before = self.house.side(name), self.house.calls
        run, door = self.house.session(self.house.project)
        parts = split(side.cases, side.template.variables, share=0.7)
        development = [int(c.vars["n"]) for c in parts.development if isinstance(c.vars["n"], str)]
        base = door.answers(f"{name} {self.at[name]}", 0)[development]
        first = self.newest[name] + 1
        for chance in tried_:
            self.written(name, chance)
        seen = [door.answers(f"{name} {first + i}", 0)[development] for i in range(CANDIDATES)]
        winner = max(range(CANDIDATES), key=lambda i: int(seen[i].sum()))
        gaps = (seen[winner].astype(float) - base).tolist()
        true = float(tried_[winner].mean() - old.mean()) > 1e-9
        self.counts[f"{USUAL}: {'true' if true else 'false'}"] += int(sum(gaps) > 0)
        self.house.store.tree[f"{name}.md"] = prompt(name, self.at[name])
        self.counts["calls of searches"] += (CANDIDATES + 1) * len(development)
        if screen(gaps).passed:
            text = prompt(name, first + winner).decode().rstrip("\n")
            new = side.with_text(text)
            trial = tried(run, side, new, parts, self.asked[name], reserve(side, parts, CALLS))
            self.asked[name].append(trial.question)
            self.counts["calls of searches"] += door.calls
            if trial.acceptance.outcome == "improved":
                self._pulled(name, first + winner, true)
        for i in range(CANDIDATES):
            if first + i not in (self.at[name], self.accepted[name]):
                del self.house.truth[f"{name} {first + i}"]
        self.house.calls = before

    def _pulled(self, name: str, version: int, true: bool) -> None:
        """A confirmed candidate is merged with a baseline of five answers a case."""
        self.counts["pull requests: true" if true else "pull requests: false"] += 1
        self.accepted[name] = version
        self.house.store.tree[f"{name}.md"] = prompt(name, version)
        self.house.accept(name)
        self.merged(name, version)
        self.open_drops[name] = []


def lived(seed: int) -> Year:
    rng = np.random.default_rng([seed, 11])
    year = Year(rng, House(Store(), {}, rng))
    year.begin()
    commits = np.sort(rng.integers(0, 364, COMMITS)).tolist()
    for day in range(364):
        if day in (120, 250):
            year.provider(passes=day == 120)
        for _ in range(commits.count(day)):
            year.commit(day)
        if day % 7 == 6:
            for name in NAMES:
                year.search(name)
    return year


def told(years: list[Year]) -> None:
    """Print the tables; rates with their 95 % interval (Wilson)."""
    total: Counter[str] = sum((y.counts for y in years), Counter())
    worse, other, n = total["worse commits"], total["other commits"], len(years)
    print("\n| rule | false reds a year | of harmless and better commits | worse commits missed | |")
    print("|---|---|---|---|---|")
    rows = [("promptci", total["false reds"], total["missed"])]
    rows += [(rule, total[f"{rule}: false"], total[f"{rule}: missed"]) for rule in RULES]
    for name, false, missed in rows:
        low, high = (100 * end for end in interval_of_rate(false, other))
        share = f"{100 * false / other:.1f} % ({low:.1f} to {high:.1f})"
        print(f"| {name} | {false / n:.1f} | {share} | {missed} of {worse} | {100 * missed / max(1, worse):.0f} % |")
    print("\n| pull requests a year | true | false |\n|---|---|---|")
    for name, key in (("promptci", "pull requests"), ("best on the development cases", USUAL)):
        print(f"| {name} | {total[f'{key}: true'] / n:.1f} | {total[f'{key}: false'] / n:.1f} |")
    found = sorted(day for y in years for day in y.days)
    later = f"{total['found later']} of {total['missed']} missed found by the anchor, red {total['anchor: true']} times"
    print(f"\nWorse commits: {total['caught at once']} of {worse} caught at once; {later}.")
    if found:
        print(f"Days to detection: median {found[len(found) // 2]}, mean {np.mean(found):.1f}, most {found[-1]}.")
    checks, searches = total["calls of checks"], total["calls of searches"]
    print(
        f"Calls: {checks / (worse + other):.0f} a check, {checks / n:,.0f} a year; searches {searches / n:,.0f} a year."
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options, start = parser.parse_args(), time.perf_counter()
    with ProcessPoolExecutor(options.workers) as pool:
        years = list(pool.map(lived, range(options.seed, options.seed + options.years)))
    told(years)
    false, other = (sum(y.counts[what] for y in years) for what in ("false reds", "other commits"))
    print(f"\n{options.years} years, {time.perf_counter() - start:.0f} s")
    return int(interval_of_rate(false, other)[0] > 0.05)


if __name__ == "__main__":
    sys.exit(main())
