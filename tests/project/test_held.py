"""What a change may not choose, function by function, on sides that are read once and changed in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptci.config import Config, GateSettings, PromptSettings, parse
from promptci.core import Case, Part
from promptci.errors import ConfigError, DataError
from promptci.models.base import ModelSpec, Price
from promptci.models.parameters import cap
from promptci.project import trust
from promptci.project.changes import Before, Planned
from promptci.project.held import held
from promptci.project.models import called_specs, places, used_specs
from promptci.project.project import Project
from promptci.project.side import Side, parameters_of, refuse_unnamed, side, spec_of
from tests.conftest import CONFIG, small_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return small_project(tmp_path_factory.mktemp("held"), 6)


@pytest.fixture(scope="module")
def one(project: Project) -> Side:
    return side(project, project.config, project.config.prompts[0], None)


def asking(one: Side, **changes: Any) -> Side:
    return replace(one, spec=replace(one.spec, **changes))


def settings_of(text: str = "") -> Config:
    return parse(CONFIG.replace("say.jsonl}", f"say.jsonl{text}}}"), "promptci.yaml")


def prompt(text: str = "") -> PromptSettings:
    return settings_of(text).prompts[0]


CAPPED: dict[str, Any] = {"extra": {"max_completion_tokens": 100}}


def thinks(effort: str) -> dict[str, Any]:
    return {"parameters": {"reasoning_effort": effort}}


HELD: dict[str, tuple[dict[str, Any], dict[str, Any], set[str], tuple[str, int]]] = {
    "nothing-asked-for": ({}, {}, set(), ("scripted", 256)),
    "another-model": ({"model": "dear"}, {}, {"model_held"}, ("scripted", 256)),
    "more-tokens": ({"max_tokens": 9999}, {}, {"max_tokens_held"}, ("scripted", 256)),
    "fewer-tokens": ({"max_tokens": 9}, {}, set(), ("scripted", 9)),
    "both": ({"model": "dear", "max_tokens": 999}, {}, {"model_held", "max_tokens_held"}, ("scripted", 256)),
    "as-the-base-s-file-has-it": ({"model": "dear"}, {"model": "dear"}, set(), ("dear", 256)),
    "other-parameters": ({"temperature": 1.5, "seed": 7}, {}, set(), ("scripted", 256)),
}


@pytest.mark.parametrize(("wanted", "base", "kinds", "asked"), HELD.values(), ids=HELD)
@pytest.mark.parametrize("new_there", [False, True], ids=["known", "new-prompt"])
def test_a_prompt_s_own_file_chooses_no_model_and_no_more_tokens(
    wanted: dict[str, Any], base: dict[str, Any], kinds: set[str], asked: tuple[str, int], new_there: bool, one: Side
) -> None:
    if new_there and base:  # then nothing at the base says so
        kinds, asked = {"model_held"}, ("scripted", 256)
    found, told = held(asking(one, **wanted), None if new_there else asking(one, **base))
    assert {reason.kind for reason in told} == kinds
    assert (found.spec.model, found.spec.max_tokens) == asked
    assert found.spec.temperature == wanted.get("temperature", one.spec.temperature)


DEARER: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "more-than-the-server-s-own-cap": ({"max_tokens": 200, "extra": {}}, CAPPED, {"max_tokens_held"}),
    "no-more-than-that": ({"max_tokens": 90, "extra": {}}, CAPPED, set()),
    "longer-thoughts": (thinks("high"), thinks("low"), {"effort_held"}),
    "thoughts-that-only-a-server-knows": (thinks("ultra"), thinks("xhigh"), {"effort_held"}),
    "no-word-on-thoughts": ({}, thinks("minimal"), {"effort_held"}),
    "the-same-thoughts": (thinks("ultra"), thinks("ultra"), set()),
    "shorter-thoughts": (thinks("low"), thinks("medium"), set()),
}


@pytest.mark.parametrize(("wanted", "base", "kinds"), DEARER.values(), ids=DEARER)
def test_what_a_prompt_s_own_file_makes_dearer_is_as_at_the_base(
    wanted: dict[str, Any], base: dict[str, Any], kinds: set[str], one: Side
) -> None:
    asked, tip = asking(one, **wanted), asking(one, **base)
    found, told = held(asked, tip)
    assert {reason.kind for reason in told} == kinds
    assert cap(found.spec) == min(cap(asked.spec), cap(tip.spec))
    effort = (tip if "effort_held" in kinds else asked).spec.parameters.get("reasoning_effort")
    assert found.spec.parameters.get("reasoning_effort") == effort


def pictured(one: Side, *addresses: str) -> Side:
    return replace(one, prompt=replace(one.prompt, parts=(Part("user", "x", pictures=addresses),)))


@pytest.mark.parametrize(
    "address", ["https://evil.example/{{ input }}", "{{ input }}", "https://cdn.example.evil/{{ a }}"]
)
def test_a_picture_at_a_place_that_is_filled_in_and_new_is_refused(address: str, one: Side) -> None:
    tip = pictured(one, "https://cdn.example/{{ input }}.png")
    for base in (tip, one, None):
        with pytest.raises(DataError, match="a place that the base does not name"):
            held(pictured(one, address), base)


def test_other_pictures_are_left_as_they_are(one: Side) -> None:
    tip = pictured(one, "https://cdn.example/{{ input }}.png", "{{ photo }}")
    new = pictured(one, "https://cdn.example/small/{{ id }}.png", "https://other.example/x.png", "{{ photo }}")
    assert held(new, tip)[0].prompt.parts == new.prompt.parts


def test_the_price_is_the_base_s_where_the_model_is(one: Side) -> None:
    dear, cheap = (replace(one.spec, price=Price(p, p)) for p in (9.0, 0.0))
    found, _ = held(replace(one, spec=cheap), replace(one, spec=dear))
    assert found.spec.price == Price(9.0, 9.0)


def test_what_changes_no_answer_is_the_new_side_s(one: Side) -> None:
    old, new = asking(one, deadline_s=1.0), asking(one, deadline_s=9.0)
    assert trust.priced_as(old, new).spec.deadline_s == 9.0
    for other in ({"model": "dear"}, {"temperature": 1.0}, {"max_tokens": 9}, {"seed": 3}):
        assert trust.priced_as(asking(old, **other), new).spec.deadline_s == 1.0


def gated(one: Side, **gate: Any) -> Side:
    return replace(one, settings=one.settings.model_copy(update={"gate": GateSettings(**gate), "target": 0.9}))


def tagged(one: Side, *smoke: int) -> Side:
    rows = tuple(replace(c, tags=("smoke",) if n in smoke else ()) for n, c in enumerate(one.cases))
    return replace(one, cases=rows)


def test_a_change_is_gated_by_the_base_s_gate_and_target(one: Side) -> None:
    tip = gated(one, max_drop=0.01, min_score=0.8)
    found = trust.under_the_gate_of(tip, gated(one, max_drop=0.9)).settings
    assert (found.gate.max_drop, found.gate.min_score, found.target) == (0.01, 0.8, 0.9)


def test_cases_that_had_to_pass_still_have_to_whatever_tags_they_have_now(one: Side) -> None:
    tip = tagged(gated(one, must_pass=("smoke",)), 1, 3)
    untagged = trust.under_the_gate_of(tip, tagged(one, 1))
    assert set(untagged.settings.gate.must_pass) == {"smoke", "c0001", "c0003"}


def test_taking_out_all_cases_that_had_to_pass_is_refused(one: Side) -> None:
    tip = tagged(gated(one, must_pass=("smoke",)), 1)
    without = replace(one, cases=tuple(c for c in one.cases if c.id != "c0001"))
    with pytest.raises(ConfigError, match="'smoke'"):
        trust.under_the_gate_of(tip, without)


@pytest.mark.parametrize("name", ["c0002", "smoke"])
def test_a_name_that_some_case_has_is_no_mistake(name: str, one: Side) -> None:
    refuse_unnamed(one.settings, [name], tagged(one, 0).cases)
    with pytest.raises(ConfigError, match="no case's id or tag"):
        refuse_unnamed(one.settings, [name, "smokey"], tagged(one, 0).cases)


OWN: dict[str, tuple[str, str | None]] = {
    "the-same": ("", None),
    "gate": (", gate: {max_drop: 0.5}", "gate's own (gate.max_drop)"),
    "two-of-the-gate": (", gate: {min_score: 0.1, must_pass: [c1]}", "(gate.min_score, gate.must_pass)"),
    "metric": (", metric: {name: length, at_most: 9}", "(metric)"),
    "answer": (', answer: {pattern: "(x)"}', "(answer)"),
    "metric-and-gate": (", metric: {name: length, at_most: 9}, gate: {max_drop: 0.5}", "(gate.max_drop, metric)"),
}


@pytest.mark.parametrize(("own", "said"), OWN.values(), ids=OWN)
def test_other_settings_that_decide_are_named(own: str, said: str | None) -> None:
    found = trust.other_settings(prompt(own), prompt())
    assert (found == ()) == (said is None)
    if said is not None:
        assert said.removeprefix("gate's own ") in found[0].text
        assert found[0].text.startswith("Judged by the base's ")
    assert trust.other_settings(prompt(own), None) == ()


def before(config: Config | None) -> Before:
    return Before("c" * 40, config, None, {})


def test_an_exchanged_id_is_told() -> None:
    two = parse(
        CONFIG.replace(
            "search:", "  - {id: tell, file: prompts/tell.md, cases: evals/say.jsonl}\nsearch:"
        ),
        "promptci.yaml",
    )  # fmt: skip
    say, tell = two.prompts
    asked = say.model_copy(update={"id": "tell"})
    (told,) = trust.exchanged(asked, say, before(two))
    assert told.text == (
        "prompts/say.md is now called 'tell', which was prompts/tell.md: it was compared with what the base calls "
        "'say'."
    )
    assert trust.exchanged(say, say, before(two)) == ()
    assert trust.exchanged(asked, None, before(two)) == ()
    assert trust.exchanged(tell, tell, before(None)) == ()


def test_a_prompt_that_is_taken_out_is_undecided(project: Project) -> None:
    found = trust.gone(project, "say", "prompts/say.md\x1b[31m")
    assert (found.verdict, found.why, found.changed) == ("inconclusive", ("removed",), "measure")
    assert "\x1b" not in str(found.reasons[0])


def test_a_prompt_whose_models_nobody_vouches_for_is_read_and_no_more(one: Side) -> None:
    found = trust.unasked(Planned(one, None, True, True, ("new prompt",)))
    assert (found.verdict, found.planned_cases, found.cases) == ("inconclusive", 6, 0)
    assert "are not there" in str(found.reasons[0])


PLACES: dict[str, tuple[str, set[tuple[str, str]]]] = {
    "one": ("scorer: {model: m}", {("the provider's own host", "OPENAI_API_KEY")}),
    "offline": ("scorer: {model: offline}", set()),
    "a-judge-elsewhere": (
        'scorer: {model: offline}, judge: {model: j, base_url: "http://h/v1", api_key_env: K}',
        {("http://h/v1", "K")},
    ),
    "named-judges": (
        'scorer: {model: offline}, judges: {a: {model: j, base_url: "http://a/v1"}}',
        {("http://a/v1", "OPENAI_API_KEY")},
    ),
    "an-embedder": (
        "scorer: {model: offline}, embedder: {model: e, api_key_env: E}",
        {("the provider's own host", "E")},
    ),
    "an-optimizer": (
        'scorer: {model: offline}, optimizer: {model: o, base_url: "http://o/v1"}',
        {("http://o/v1", "OPENAI_API_KEY")},
    ),
}


@pytest.mark.parametrize(("models", "expected"), PLACES.values(), ids=PLACES)
def test_every_model_s_host_and_key_is_seen(models: str, expected: set[tuple[str, str]]) -> None:
    old = 'scorer: {model: scripted, base_url: "http://127.0.0.1:9/v1"}'
    assert places(parse(CONFIG.replace(old, models), "promptci.yaml")) == expected


def test_a_check_calls_no_optimizer_and_no_judge_that_nothing_asks() -> None:
    config = parse(CONFIG.replace('v1"}}', 'v1"}, judge: {model: j}, optimizer: {model: o}}'), "promptci.yaml")
    assert {s.model for s in used_specs(config)} == {"scripted", "j", "o"}
    assert {s.model for s in called_specs(config, searching=False)} == {"scripted"}
    assert {s.model for s in called_specs(config, searching=True)} == {"scripted", "o"}
    judged = parse(
        CONFIG.replace("say.jsonl}", "say.jsonl, metric: judge}").replace("v1\"}}", "v1\"}, judge: {model: j}}"),
        "promptci.yaml",
    )  # fmt: skip
    assert {s.model for s in called_specs(judged, searching=False)} == {"scripted", "j"}


def test_everything_that_is_sent_along_names_the_parameters(one: Side) -> None:
    known = parameters_of(one.spec)
    changes: list[dict[str, Any]] = [
        {"base_url": "http://h/v1"}, {"temperature": 1.0}, {"max_tokens": 9}, {"seed": 1}, {"extra": {"top_p": 0.5}},
        {"parameters": (("stop", "x"),)},
    ]  # fmt: skip
    assert len({known, *(parameters_of(replace(one.spec, **change)) for change in changes)}) == len(changes) + 1
    for silent in ({"price": Price(1, 1)}, {"deadline_s": 3.0}, {"api_key_env": "K"}):
        assert parameters_of(replace(one.spec, **silent)) == known


def test_a_measure_changes_with_what_is_measured(one: Side) -> None:
    measure = one.measure("scripted-1")
    other = replace(one, cases=(*one.cases, Case("new", {"input": "x"}, "yes")))
    assert other.measure("scripted-1").differs(measure) == ["cases"]
    assert one.measure("scripted-2").differs(measure) == ["answered"]
    assert asking(one, temperature=1.0).measure("scripted-1").differs(measure) == ["parameters"]


def test_a_file_names_a_model_and_never_a_server(one: Side) -> None:
    named = replace(one.prompt, parameters={"model": "dear", "max_tokens": 9})
    found = spec_of(named, one.configured)
    assert (found.model, found.max_tokens, found.base_url, found.price) == ("dear", 9, one.configured.base_url, None)
    offline = ModelSpec("offline")
    assert spec_of(named, offline).model == "offline"
    with pytest.raises(ConfigError, match="no server is named"):
        spec_of(named, offline, chosen=False)
