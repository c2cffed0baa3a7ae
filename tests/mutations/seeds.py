"""The planted mistakes: what stands in a file, what would stand there by mistake, and the tests that must notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seed:
    """One mistake: `right` stands once in `file` (below promptci/), `wrong` takes its place, `tests` must then fail."""

    name: str
    file: str
    right: str
    wrong: str
    tests: tuple[str, ...]


def _seeds(tests: str, *rows: tuple[str, str, str, str]) -> tuple[Seed, ...]:
    return tuple(Seed(*row, tests=tuple(tests.split())) for row in rows)


DECIDE = _seeds(
    "tests/decide",
    (
        "all of the level for every question",
        "decide/accept.py",
        "return FIRST_LEVEL if query == 1 else 0.01 * 6 / (math.pi * (query - 1)) ** 2",
        "return FIRST_LEVEL",
    ),
    (
        "the screen lets half a standard error through",
        "decide/accept.py",
        "passed = gain > factor * se and gain > 0",
        "passed = gain > 0.5 * se and gain > 0",
    ),
    (
        "holes do not keep a gain from being confirmed",
        "decide/accept.py",
        "better = answer.p_value <= answer.level and not holes",
        "better = answer.p_value <= answer.level",
    ),
    (
        "a refused winner's numbers are told",
        "decide/accept.py",
        'plain = told if better else ("The held-out cases did not confirm the gain, so nothing changes.",)',
        "plain = told",
    ),
    (
        "a small test set is answered once",
        "decide/accept.py",
        "return 3 if test_cases < FEW_TEST_CASES else 1",
        "return 1",
    ),
    (
        "worse and better are swapped in the exact test",
        "decide/paired.py",
        "losses, wins = pairs.count((True, False)), pairs.count((False, True))",
        "losses, wins = pairs.count((False, True)), pairs.count((True, False))",
    ),
    (
        "an unmeasured case counts as a tie",
        "decide/paired.py",
        "unmeasured = sum(a is None or b is None for a, b in pairs)",
        "unmeasured = sum(a is None and b is None for a, b in pairs)",
    ),
    (
        "Holm multiplies by the rank alone",
        "decide/family.py",
        "        left -= weights[key]\n",
        "        left += weights[key]\n",
    ),
    (
        "more on validation is overfitting",
        "decide/overfit.py",
        "fires = gap > limit * se",
        "fires = abs(gap) > limit * se",
    ),
    (
        "harm to all has the whole level beside the groups'",
        "decide/preferred.py",
        "if worse <= ALPHA / 2:",
        "if worse <= ALPHA:",
    ),
    (
        "the groups have the whole level beside that of all",
        "decide/preferred.py",
        "alpha=ALPHA / 2)",
        "alpha=ALPHA)",
    ),
    (
        "a score that was shown to be too low recovers",
        "decide/limits.py",
        "    for look in looks:\n        if look.measured < before",
        "    for look in looks[-1:]:\n        if look.measured < before",
    ),
    (
        "graded scores block on half of the evidence",
        "decide/limits.py",
        "evidence >= 1 / alpha else",
        "evidence >= 1 / alpha / 2 else",
    ),
    (
        "a case without a score has failed",
        "decide/limits.py",
        "self.cases_done - self.unmeasured",
        "self.cases_done",
    ),
    (
        "a pass though later cases could block",
        "decide/gate.py",
        "return ruled and self._boundary.hopeless(self.plan.after(now.done))",
        "return ruled",
    ),
    (
        "agreement is divided by no room for it",
        "decide/certify.py",
        "    if chance >= 1:\n        return Rate(None, -1.0, 1.0, n)\n    value",
        "    if chance > 1:\n        return Rate(None, -1.0, 1.0, n)\n    value",
    ),
    (
        "tiny slices dilute the correction",
        "decide/slices.py",
        "if 0.5**seen.coins <= alpha})",
        "if seen.coins >= 0})",
    ),
    (
        "cases of one cluster count one by one",
        "decide/units.py",
        '("case", i) if cluster is None else ("cluster", cluster)',
        '("case", i)',
    ),
    (
        "a tenth of the cases may be unmeasured",
        "decide/verdict.py",
        "unmeasured > MAX_UNMEASURED * cases",
        "unmeasured > 2 * MAX_UNMEASURED * cases",
    ),
    (
        "no gate at all is green",
        "decide/verdict.py",
        'return Verdict("all", "unmeasured", (Reason("no_gate", "No gate was asked."),))',
        'return Verdict("all", "pass", (Reason("no_gate", "No gate was asked."),))',
    ),
    (
        "an unconfirmed block stays red at the last look",
        "decide/gate.py",
        'name: VerdictName | None = "inconclusive" if self.seen.done >= self.plan.planned else None',
        'name: VerdictName | None = "fail" if self.seen.done >= self.plan.planned else None',
    ),
    (
        "the held-out cases are given up when wins lead",
        "decide/heldout.py",
        "elif 2 * now.done >= self.ends[-1] and now.wins <= now.losses:",
        "elif 2 * now.done >= self.ends[-1] and now.wins <= 3 * now.losses:",
    ),
    (
        "the size forgets what was given up at half",
        "decide/heldout.py",
        "return changed // 2 + 1 if 2 * done >= self.ends[-1] else 0",
        "return 0",
    ),
    (
        "a draft is not shrunk",
        "decide/draft.py",
        "PRIOR = 2  #",
        "PRIOR = 1  #",
    ),
    (
        "a tie at half is asked to the end",
        "decide/heldout.py",
        "now.wins <= now.losses:",
        "now.wins < now.losses:",
    ),
    (
        "the whole level is spent at every look",
        "decide/heldout.py",
        "level_at(now.done, self.ends[-1], self.at)",
        "self.at",
    ),
    (
        "the family is only what blocked",
        "decide/family.py",
        "left = sum(weights.values()) if family is None else family",
        "left = sum(weights.values())",
    ),
    (
        "each anchor look has the level of the first",
        "decide/anchor.py",
        "return alpha / (look * (look + 1))",
        "return alpha / 2",
    ),
    (
        "events of a sentinel that never happened have no chance",
        "decide/sentinel.py",
        "return 0.05 if not tried else (events + 0.5) / (tried + 1)",
        "return 0.05 if not tried else max(0.001, events / tried)",
    ),
    (
        "an early look at the score spends the whole level",
        "decide/limits.py",
        "path = (*path, (look.measured - before, level_at(look.cases_done, planned, alpha)))",
        "path = (*path, (look.measured - before, alpha))",
    ),
    (
        "holes do not keep a cheaper prompt from being no worse",
        "decide/notworse.py",
        "shown = p_value <= at and not holes",
        "shown = p_value <= at",
    ),
    (
        "what is unmeasured is better than what is undecided",
        "decide/verdict.py",
        'WORST_FIRST: tuple[VerdictName, ...] = ("fail", "unmeasured", "inconclusive", "pass")',
        'WORST_FIRST: tuple[VerdictName, ...] = ("fail", "inconclusive", "unmeasured", "pass")',
    ),
    (
        "the spot check begins with any case",
        "decide/stale.py",
        "return tuple(sorted(known, key=lambda i: _share(stored[i]))[:size])",
        "return tuple(known[:size])",
    ),
    (
        "unusable answers are no losses to a pass",
        "decide/gate.py",
        "now = Seen(tuple(differences), frozenset(holes), self.kind.clusters)\n        if now.values",
        "now = Seen(tuple(differences), frozenset(), self.kind.clusters)\n        if now.values",
    ),
)

SEARCH = _seeds(
    "tests/search/test_loop.py tests/search/test_race.py tests/search/test_finals.py tests/search/test_overfit.py"
    " tests/search/test_trim.py tests/search/test_guards.py tests/search/test_leaks.py tests/search/test_demos.py"
    " tests/search/test_account.py tests/search/test_standing.py tests/search/test_cap.py tests/search/test_stopping.py"
    " tests/search/screening/test_choosing.py tests/search/screening/test_traps.py tests/search/test_gathering.py"
    " tests/search/test_signal.py",
    (
        "a candidate with a tenth of its cases unmeasured leads",
        "search/standing.py",
        "_MAX_UNJUDGED = 0.05",
        "_MAX_UNJUDGED = 0.12",
    ),
    (
        "the finals call nothing overfitting",
        "search/finals.py",
        "return labelled(replace(longer, track=len(done.order)), len(done.steps))",
        "return replace(longer, track=len(done.order))",
    ),
    (
        "finals go on without calls",
        "search/finals.py",
        "if not best or out_of_calls(done):",
        "if not best:",
    ),
    (
        "suspicion of traps goes again",
        "search/screening/traps.py",
        "self.suspected = self.suspected or self._over(_SUSPECT)",
        "self.suspected = self._over(_SUSPECT)",
    ),
    (
        "what is plainly good on validation is kept back",
        "search/screening/traps.py",
        " and not clear[i]]",
        "]",
    ),
    (
        "under suspicion no gain on validation is plain enough",
        "search/choosing.py",
        "strict = traps.suspected and not screen(sides[1], factor=_CLEAR).passed",
        "strict = traps.suspected",
    ),
    (
        "what is seen on train promises a gain",
        "search/choosing.py",
        " if not traps.suspected or i in traps.validation]",
        "]",
    ),
    (
        "edits together do all that each does alone",
        "search/choosing.py",
        "_TOGETHER * said.value",
        "said.value",
    ),
    (
        "what does harm is chosen for want of better",
        "search/choosing.py",
        "best = best if best and best.predicted.value > 0 else None",
        "best = best or None",
    ),
    (
        "a model that never answers is asked on",
        "search/gathering.py",
        "if not given.replies or found.silent >= max(4, found.replies):",
        "if not given.replies:",
    ),
    (
        "what met a few cases is taken for the smaller diff",
        "search/trim.py",
        "    if len(smaller.outcomes) < len(done.order):\n        return False\n",
        "",
    ),
    (
        "what is quoted already is drawn again",
        "search/demos.py",
        " and c.id not in taken)",
        ")",
    ),
    (
        "a comment of Jinja2 is quoted",
        "search/demos.py",
        'for brace in ("{{", "{%", "{#")',
        'for brace in ("{{", "{%")',
    ),
    (
        "equal likelihoods tell failures from passes",
        "search/signal.py",
        "(a > b) + (a == b) / 2",
        "(a > b)",
    ),
    (
        "a candidate that the race dropped leads",
        "search/standing.py",
        "if len(scored.outcomes) < done.track:\n        return None",
        "if not scored.outcomes:\n        return None",
    ),
    (
        "the race drops at twice its level",
        "search/race.py",
        "if sign_test(leader, race.scored[i], met) > self.level]",
        "if sign_test(leader, race.scored[i], met) > 2 * self.level]",
    ),
    (
        "the race drops at half of its level",
        "search/race.py",
        "if sign_test(leader, race.scored[i], met) > self.level]",
        "if sign_test(leader, race.scored[i], met) > self.level / 2]",
    ),
    (
        "a winner is trimmed that not every case has met",
        "search/loop.py",
        "if minimal and winner is not done.incumbent and done.track == len(done.order):",
        "if minimal and winner is not done.incumbent:",
    ),
    (
        "a trimmed text may be worse",
        "search/trim.py",
        "behind >= 0 and ahead > 0",
        "ahead > 0",
    ),
    (
        "a spent budget does not end the trimming",
        "search/trim.py",
        "if scored and refused_by_door(list(scored[0].outcomes.values())):\n            break",
        "",
    ),
    (
        "an answer that stands before its input is no leak",
        "search/leaks.py",
        '(*text[max(0, at - _NEAR) : at], "", *text[at + n : at + n + _NEAR])',
        '("", *text[at + n : at + n + _NEAR])',
    ),
    (
        "a demonstration is scored on its own case",
        "search/loop.py",
        "asked = [(c.text, case) for c, case in pairs if case.id not in c.demos]",
        "asked = [(c.text, case) for c, case in pairs]",
    ),
    (
        "an optimizer that never replies is patience",
        "search/loop.py",
        'return ending("no_reply", "no reply from the optimizer model") if silent else None',
        "return None",
    ),
    (
        "a search that read no reply is a finished one",
        "search/loop.py",
        'return ending("unreadable", f"{replies} could not be read, the first because: {unread[0].reason}")',
        "return reason",
    ),
    (
        "a search whose proposals were all refused has found nothing better",
        "search/loop.py",
        'return ending("nothing_left" if {name for name, _ in counts} <= KNOWN else "refused", said)',
        'return ending("nothing_left", said)',
    ),
    (
        "proposers see outcomes of validation cases",
        "search/standing.py",
        "{i: o for i, o in s.outcomes.items() if i in ids}",
        "dict(s.outcomes)",
    ),
    (
        "the overfit label needs no three standard errors",
        "search/standing.py",
        "if not found.fires:\n        return done",
        "if found.gap <= 0:\n        return done",
    ),
    (
        "a doubtful lead is not settled on all cases",
        "search/loop.py",
        "if doubtful and not out_of_calls(done):",
        "if doubtful and out_of_calls(done):",
    ),
    (
        "the same text is scored twice",
        "search/guards.py",
        'seen[_key(proposal)] = "is in this step already"',
        "pass",
    ),
    (
        "rounds without a candidate use up patience",
        "search/stopping.py",
        "tried, barren = [s for s in done.steps if s.admitted], done.steps[-2 * self.limit :]",
        "tried, barren = list(done.steps), done.steps[-2 * self.limit :]",
    ),
    (
        "nobody drops out late for being behind",
        "search/race.py",
        "return [i for i in alive if ahead(held[-1], race.scored[i], met) >= (0.0, 0.0)]",
        "return alive",
    ),
    (
        "a search with a lead takes the confirmation's calls",
        "search/loop.py",
        "while room == 0 and lead(done) is done.incumbent and cap.raised():",
        "while room == 0 and cap.raised():",
    ),
    (
        "a text may invent variables",
        "search/guards.py",
        "lost, new = sorted(self.variables - names), sorted(names - self.variables)",
        "lost, new = sorted(self.variables - names), list[str]()",
    ),
    (
        "what did not move is believed at once",
        "search/choosing.py",
        "trust + max(moved, changed) / n",
        "trust + moved / n",
    ),
)

MEASURE = _seeds(
    "tests/measure tests/commands/test_check.py tests/commands/test_measures.py tests/commands/test_ours.py",
    (
        "a rollover gives back what the first gate had spent",
        "measure/screen.py",
        "spent = 0.0 if course.gate.step is None else course.gate.step.level_spent",
        "spent = 0.0",
    ),
    (
        "after a rollover the stored answers are taken again",
        "measure/screen.py",
        'first=fresh(run, "rollover")',
        "first=0",
    ),
    (
        "an unconfirmed slice is red",
        "measure/gates/slices.py",
        'return [Screened(verdict, tuple(alarms), "pass")]',
        "return [Screened(verdict)]",
    ),
    (
        "a block that nobody could confirm is red",
        "measure/gates/base.py",
        'return Verdict(verdict.gate, "unmeasured", (*verdict.told[:1], Reason("unconfirmed", why)), verdict.numbers)',
        "return verdict",
    ),
    (
        "claims are confirmed each at the whole level",
        "measure/confirm.py",
        "corrected = holm(p_values, family=family, among=among)",
        "corrected = dict(p_values)",
    ),
    (
        "fresh answers are those of the first question",
        "run/ask.py",
        "return FIRST_FRESH + 100 * (drawn % ((_LAST_FRESH - FIRST_FRESH) // 100))",
        "return 0",
    ),
    (
        "every run asks under the same fresh numbers",
        "run/ask.py",
        'f"{of or run.asks_as or run.run}\\n{kind}".encode()',
        'f"{of}\\n{kind}".encode()',
    ),
    (
        "a stored mean counts as one answer",
        "measure/gates/drop.py",
        "stored = tuple(sum(v is not None for v in known[c.id]) if c.id in known else answers for c in pair.order)",
        "stored = tuple(1 for _ in pair.order)",
    ),
    (
        "a case that moved a little at first counts as much as one that moved far",
        "measure/gates/drop.py",
        "return [None if g is None else g * abs(pair.gap(c) or 0.0) for c, g in zip(fresh.ran, gaps, strict=True)]",
        "return gaps",
    ),
    (
        "graded values are screened as widely as counted ones",
        "measure/gates/drop.py",
        "mean = pair.graded or settings.max_drop > 0",
        "mean = settings.max_drop > 0",
    ),
    (
        "a must-pass case that the base fails blocks",
        "measure/gates/must_pass.py",
        "if not before or len(passes) < len(before):\n            return 1.0, told",
        "",
    ),
    (
        "a stored baseline of another measure is compared with",
        "measure/baseline.py",
        "    if differs:\n",
        "    if differs and not found:\n",
    ),
    (
        "cases of one cluster are torn apart by the order",
        "measure/pair.py",
        "groups = [case.group for case in cases]",
        "groups = [case.id for case in cases]",
    ),
    (
        "many must-pass cases are each asked three times",
        "measure/gates/must_pass.py",
        "while 1 / comb(2 * k, k) > LEVEL / max(1, tests):",
        "while 1 / comb(2 * k, k) > LEVEL:",
    ),
    (
        "a pass rests on stored answers that nobody could check",
        "measure/spot.py",
        'name = "unmeasured" if verdict.name == "pass" and why.kind != "replay" else verdict.name',
        "name = verdict.name",
    ),
    (
        "a drop is confirmed by the answers that showed it",
        "measure/confirm.py",
        'fresh_pair, first = Pair(Arm(pair.old.side), Arm(pair.new.side), ()), fresh(run, "confirm")',
        "fresh_pair, first = Pair(Arm(pair.old.side), Arm(pair.new.side), ()), 0",
    ),
    (
        "each anchor look has the whole level of its gate",
        "measure/anchor.py",
        "min(level, anchor_level(found.look))",
        "level",
    ),
    (
        "slices have no part in the level",
        "measure/measuring.py",
        "compared = 1 + gate.slices if is_compared(planned) else 0",
        "compared = 1 if is_compared(planned) else 0",
    ),
    (
        "models differ though nothing is stored",
        "measure/screen.py",
        "return same and bool(old.stored or new.stored) and differ",
        "return same and differ",
    ),
    (
        "a model that was changed on purpose has rolled",
        "measure/screen.py",
        "return same and bool(",
        "return bool(",
    ),
    (
        "the early looks have half of the level",
        "measure/gates/drop.py",
        "EARLY = 0.2  #",
        "EARLY = 0.5  #",
    ),
    (
        "a search brings a baseline of another prompt",
        "measure/spot.py",
        "if today != found.measure:",
        "if False:",
    ),
    (
        "a case that the base passes at times must pass",
        "measure/gates/must_pass.py",
        "if not before or len(passes) < len(before):",
        "if not passes:",
    ),
    (
        "a change that is accepted is compared with what it replaces",
        "measure/anchor.py",
        "    if repository.history([kept], since):\n        return None\n",
        "",
    ),
    (
        "a model without a name is renamed",
        "measure/drift.py",
        "return bool(self.was and self.now - self.was)",
        "return bool(self.now - self.was)",
    ),
    (
        "a slice is corrected as if it were the only one",
        "measure/gates/slices.py",
        'alarms.append(Alarm(f"slice {worse.tag}", changed, PairTest(changed), among=among))',
        'alarms.append(Alarm(f"slice {worse.tag}", changed, PairTest(changed)))',
    ),
)

IMPROVE = _seeds(
    "tests/improve tests/commands/test_optimize.py",
    (
        "held-out answers come from the cache",
        "improve/confirm.py",
        "CONFIRM + 10 * query",
        "0",
    ),
    (
        "the same question is asked until the answer is yes",
        "improve/confirm.py",
        'return next((q for q in same if q.verdict != "improved"), None)',
        "return None",
    ),
    (
        "a search for less goes on with the confirmation's calls",
        "improve/purse.py",
        "if self.share is None or not self.aim.gains:",
        "if self.share is None:",
    ),
    (
        "no worse is asked three times of each case",
        "improve/reserve.py",
        "rules.repeats_on_test(test) if aim.gains else 1",
        "rules.repeats_on_test(test)",
    ),
    (
        "what waits counts whatever the base has now",
        "improve/merging.py",
        " and project.at(since, path) == project.at(goal.parent, path):",
        ":",
    ),
    (
        "a laxer metric for what must not be said",
        "improve/laxer.py",
        " or parts[0].inverted:",
        ":",
    ),
    (
        "what we closed ourselves was declined by people",
        "improve/target.py",
        "if r.content and not r.by_us)",
        "if r.content)",
    ),
    (
        "bets on a cluster are those on a case",
        "improve/rules.py",
        "largest = max(map(sizes.count, sizes), default=1)",
        "largest = 1",
    ),
    (
        "a search for less tries longer wordings",
        "search/lean.py",
        " and len(e.text) < len(e.old(base)))",
        ")",
    ),
    (
        "the best of many prompts is better by itself",
        "improve/standing.py",
        "if _gain(pair) >= compared / LEVEL else",
        "if _gain(pair) >= 1 / LEVEL else",
    ),
    (
        "only a drop makes another model worse",
        "improve/standing.py",
        'if report.verdict == "fail" or gate == "fail":',
        'if gate == "fail":',
    ),
    (
        "a cluster that is better is many cases",
        "improve/standing.py",
        "largest=max(sizes.values(), default=1))",
        "largest=1)",
    ),
    (
        "a set of any size may open a pull request",
        "improve/attempt.py",
        "if not rules.may_open(len(old.cases)):",
        "if not old.cases:",
    ),
    (
        "what the confirmation takes is not kept back",
        "improve/purse.py",
        "self.run.budget.set_aside(self.kept.cost.calls, tokens=self.kept.cost.tokens, usd=self.kept.cost.usd)",
        "self.run.budget.set_aside(0)",
    ),
    (
        "one open pull request too many",
        "improve/allowed.py",
        "or len(waiting) < most:",
        "or len(waiting) <= most:",
    ),
    (
        "a search cut short has found nothing better",
        "improve/attempt.py",
        '"stopped" if found.cut_short or not judged else "no_change"',
        '"no_change"',
    ),
    (
        "an accepted prompt's lucky answers become its baseline",
        "improve/attempt.py",
        'first=new_samples(run, "accept", of=new.measure("").prompt)',
        "first=0",
    ),
    (
        "a prompt that was edited meanwhile is written over",
        "improve/working_tree.py",
        "if edited is None:",
        "if before:",
    ),
    (
        "a question keeps no count",
        "records/ledger.py",
        "return same[0] if same else 1 + max((q.query for q in counted), default=0)",
        "return 1",
    ),
    (
        "cases of one source make a winner one by one",
        "improve/attempt.py",
        "seen = units([c.new - c.old for c in found.changes], [clusters[c.case_id] for c in found.changes])",
        "seen = units([c.new - c.old for c in found.changes], [None for c in found.changes])",
    ),
    (
        "stored answers cost nothing when a budget is shared",
        "improve/attempt.py",
        "return None if cap is None else max(0, cap - run.door.spent.drawn) // prompts",
        "return None if cap is None else max(0, cap - run.door.spent.calls) // prompts",
    ),
)

FILES = _seeds(
    "tests/prompts/test_plain.py tests/prompts/test_text.py tests/prompts/test_handlebars.py"
    " tests/scoring/test_rivals.py tests/metrics/test_group.py tests/metrics/test_tools.py"
    " tests/metrics/test_verdicts.py",
    (
        "a value leaves the JSON text that it stands in",
        "prompts/language.py",
        "found.append(_as_quoted(piece) if inside else piece)",
        "found.append(piece)",
    ),
    (
        "lines that stay lose their own ends",
        "prompts/text.py",
        "bottom = _same(bare[top:][::-1], new[top:][::-1])",
        "bottom = 0",
    ),
    (
        "comparisons of a Handlebars prompt cost nothing",
        "prompts/handlebars/render.py",
        "            self._weighed(values)\n",
        "",
    ),
    (
        "a base without an answer is a tie",
        "scoring/answering.py",
        "        if rival.text is None:\n",
        "        if rival.text is None and rival.reason is None:\n",
    ),
    (
        "what is unmeasured in a group never decides",
        "metrics/group.py",
        "if open_ and sure + open_ >= self.at_least - _ROUNDING:",
        "if open_ and sure > 1:",
    ),
    (
        "a tenth of a judge is a whole",
        "metrics/reading.py",
        'return f".{found}" if before.endswith(".") and found[:1].isdigit() else found',
        "return found",
    ),
    (
        "an expected number of JSON is read with the answers' sign",
        "metrics/number.py",
        'return [(text, "." if number else self.decimal) for text, number in zip(texts, own, strict=True)]',
        "return [(text, self.decimal) for text in texts]",
    ),
)

ODD = _seeds(
    "tests/metrics/test_odd_answers.py tests/metrics/test_schemas.py tests/search/test_hidden.py"
    " tests/evals/test_strict.py",
    (
        "a schema's references are asked for anywhere",
        "metrics/schema.py",
        'registry=package("jsonschema_specifications", "json", METRIC).REGISTRY',
        "",
    ),
    (
        "a tolerance is what a float makes of it",
        "metrics/number.py",
        "room = Fraction(str(self.tolerance)), Fraction(str(self.relative))",
        "room = Fraction(self.tolerance), Fraction(self.relative)",
    ),
    (
        "a call that was matched never makes room",
        "metrics/tools.py",
        "queue.append(holders[call])",
        "pass",
    ),
    (
        "a case's chat may be quoted",
        "search/leaks.py",
        "if turns[m.content] == 1",
        "if turns[m.content] == 0",
    ),
    (
        "what nobody sees may be proposed",
        "search/guards.py",
        "return char not in _JOINERS and is_hidden(char)",
        'return unicodedata.category(char) in ("Cc", "Cs")',
    ),
    (
        "what follows a list of rows is dropped",
        "evals/json.py",
        "if (rest := _next(text, end)) < len(text):",
        "if (rest := _next(text, end)) < 0:",
    ),
)

SEEDS = (*DECIDE, *SEARCH, *MEASURE, *IMPROVE, *FILES, *ODD)
