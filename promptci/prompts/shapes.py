"""How a mapping keeps a prompt: a request's body of several APIs, texts by their role, LangChain's templates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from promptci.core import Json, PartRole, Style
from promptci.prompts import kernel
from promptci.prompts.bodies import of_contents
from promptci.prompts.tree import Path


@dataclass(frozen=True, slots=True)
class Shape:
    """Where the texts stand, with who speaks them (`history`: where a chat is put), from the mapping on.

    `listed` is the key of a list of messages behind them, `settings` is where what is sent along stands; `read` are the
    keys that are dealt with by this. `problem` says why it cannot be used. `around` stands above and below the first
    text, as it is.
    """

    read: tuple[str, ...]
    texts: tuple[tuple[PartRole | None, Path], ...] = ()
    listed: str | None = None
    style: Style | None = None
    defaults: Mapping[str, Json] = field(default_factory=dict)
    settings: Path | None = None
    problem: str | None = None
    around: tuple[str, str] = ("", "")


def shape_of(value: Mapping[str, Json]) -> Shape | None:
    """Return the shape of a mapping, None when it holds no prompt that is known as one."""
    found = _shape_of(value)
    return found if found is None or found.settings is not None else _with_settings(found, value)


_SETTINGS = ("parameters", "model_parameters", "modelParameters", "model_config", "config", "settings")
_DECLARED = ("variables", "input_variables", "inputs", "placeholders")


def _with_settings(shape: Shape, value: Mapping[str, Json]) -> Shape:
    """Read what stands beside the texts under usual names: one mapping of what is sent along, variables declared."""
    declared = [key for key in _DECLARED if isinstance(value.get(key), list | dict) and key not in shape.read]
    settings = [key for key in _SETTINGS if isinstance(value.get(key), dict) and key not in shape.read]
    defaults = {name: one for key in declared for name, one in kernel.defaults_of(value[key]).items()}
    chosen = (settings[0],) if len(settings) == 1 else None
    read = (*shape.read, *declared, *(chosen or ()))
    return replace(shape, read=read, settings=chosen, defaults={**defaults, **shape.defaults})


def _shape_of(value: Mapping[str, Json]) -> Shape | None:
    if "messages" in value:
        return _body(value, "messages", "system")
    if isinstance(value.get("input"), list | str) and ("instructions" in value or isinstance(value["input"], list)):
        return _body(value, "input", "instructions")
    if value.get("lc") == 1 and isinstance(value.get("kwargs"), dict):
        return _serialized(value)
    if value.get("_type") == "prompt" and isinstance(value.get("template"), str):
        return _template(value)
    if isinstance(value.get("prompt"), list | str) and value.get("type") in ("chat", "text"):
        return _exported(value)
    if isinstance(value.get("contents"), list) and (texts := of_contents(value)) is not None:
        settings = ("generationConfig",) if isinstance(value.get("generationConfig"), dict) else None
        read = ("contents", "systemInstruction", "system_instruction", "generationConfig")
        return Shape(read, texts, settings=settings)
    if value.get("_type") == "few_shot" and isinstance(value.get("suffix"), str):
        return few_shot(value)
    if value.get("template_format") in kernel.STYLES and isinstance(value.get("template"), str):
        return _kernel(value)
    return _by_role(value)


def _kernel(value: Mapping[str, Json]) -> Shape:
    """Semantic Kernel's YAML: the settings of the service `default`, or of the only one."""
    read = ("template", "template_format", "input_variables", "output_variable", "execution_settings")
    style, services = kernel.STYLES[value["template_format"]], value.get("execution_settings")
    named = services if isinstance(services, dict) else {}
    chosen = "default" if "default" in named else next(iter(named), None)
    settings = ("execution_settings", str(chosen)) if isinstance(named.get(chosen), dict) else None
    problem = kernel.problem_of(value["template"], style)
    defaults = kernel.defaults_of(value.get("input_variables"))
    speaker: PartRole | None = "turns" if kernel.has_messages(value["template"]) else None
    return Shape(read, ((speaker, ("template",)),), None, style, defaults, settings, problem)


_EXPORT = ("prompt", "type", "config", "isActive", "createdAt", "updatedAt", "createdBy", "projectId", "commitMessage",
           "resolutionGraph")  # fmt: skip


def _exported(value: Mapping[str, Json]) -> Shape:
    """A prompt as Langfuse's API gives it out: a text or a chat, with a `config` that is sent along."""
    read = tuple(key for key in _EXPORT if key in value)
    settings = ("config",) if isinstance(value.get("config"), dict) else None
    if isinstance(value["prompt"], str):
        return Shape(read, ((None, ("prompt",)),), settings=settings)
    return Shape(read, listed="prompt", settings=settings)


def _body(value: Mapping[str, Json], listed: str, system: str) -> Shape | None:
    """A request of OpenAI's chat or responses API, or of Anthropic's: instructions may stand beside the messages."""
    above = value.get(system)
    one = isinstance(above, list) and len(above) == 1 and isinstance(above[0], dict) and "text" in above[0]
    texts: list[tuple[PartRole | None, Path]] = []
    if isinstance(above, str) or one:
        texts.append(("system", (system, 0, "text") if one else (system,)))
    read = (listed, system) if texts else (listed,)
    if isinstance(value[listed], str):
        return Shape(read, (*texts, ("user", (listed,))))
    return Shape(read, tuple(texts), listed)


_SPEAKERS: Mapping[str, PartRole] = {"system": "system", "user": "user", "assistant": "assistant"}
_ENDINGS = ("", "_prompt", "_message", "_template", "Prompt", "Message")


_BY_KEY = {f"{name}{ending}": role for name, role in _SPEAKERS.items() for ending in _ENDINGS}


def _by_role(value: Mapping[str, Json]) -> Shape | None:
    """`system:` and `user:` beside each other, or `prompt:` or `template:` alone."""
    found = [(role, key) for key, role in _BY_KEY.items() if isinstance(value.get(key), str)]
    if len({role for role, _ in found}) != len(found):
        return None
    alone = [key for key in ("prompt", "template") if isinstance(value.get(key), str)]
    if any(role == "user" for role, _ in found) and not alone:
        ordered = sorted(found, key=lambda pair: list(_SPEAKERS).index(str(pair[0])))
        return Shape(tuple(key for _, key in found), tuple((role, (key,)) for role, key in ordered))
    if len(alone) == 1 and all(role == "system" for role, _ in found):
        speaker: PartRole | None = "user" if found else None
        texts = (*((role, (key,)) for role, key in found), (speaker, (alone[0],)))
        return Shape((*(key for _, key in found), alone[0]), texts)
    return None


_FORMATS: Mapping[str, Style] = {"f-string": "fstring", "jinja2": "jinja", "mustache": "handlebars"}
_NOTED = ("_type", "input_variables", "input_types", "partial_variables", "template_format", "validate_template",
          "output_parser", "optional_variables", "metadata", "tags", "name")  # fmt: skip


def _template(value: Mapping[str, Json]) -> Shape | None:
    style = _FORMATS.get(str(value.get("template_format", "f-string")))
    if style is None:
        return None
    return Shape((*_NOTED, "template"), ((None, ("template",)),), style=style, defaults=_partial(value))


_EXAMPLES = ("prefix", "suffix", "examples", "example_prompt", "example_separator")
_FIELD = re.compile(r"\{\{|\}\}|\{(?P<name>\w+)\}")


def few_shot(value: Mapping[str, Json]) -> Shape:
    """LangChain's few-shot template: its examples stand between prefix and suffix, as they are."""
    template, listed = value.get("example_prompt"), value.get("examples")
    text = template.get("template") if isinstance(template, dict) else None
    style = _FORMATS.get(str(value.get("template_format", "f-string")))
    read = (*_NOTED, *_EXAMPLES)
    whole = isinstance(listed, list) and all(isinstance(one, dict) for one in listed)
    if style != "fstring" or not isinstance(text, str) or not isinstance(listed, list) or not whole:
        return Shape(read, problem="its examples, and how each is written, must stand in the file itself")
    said = [_written(text, one) for one in listed]
    separator, prefix = str(value.get("example_separator", "\n\n")), value.get("prefix")
    if not isinstance(prefix, str) or not prefix.strip():
        above = "".join(f"{one}{separator}" for one in said)
        return Shape(read, ((None, ("suffix",)),), None, style, _partial(value), around=(above, ""))
    below = "".join(f"{separator}{one}" for one in (*said, value["suffix"]))
    return Shape(read, ((None, ("prefix",)),), None, style, _partial(value), around=("", below))


def _written(template: str, example: Mapping[str, Json]) -> str:
    """One example as a piece of a format text: its own braces are literal."""

    def put(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        return str(example.get(match["name"], "")).replace("{", "{{").replace("}", "}}")

    return _FIELD.sub(put, template)


def _partial(value: Mapping[str, Json]) -> Mapping[str, Json]:
    given = value.get("partial_variables")
    return given if isinstance(given, dict) else {}


_CLASSES: Mapping[str, PartRole] = {
    "SystemMessagePromptTemplate": "system", "HumanMessagePromptTemplate": "user",
    "AIMessagePromptTemplate": "assistant", "SystemMessage": "system", "HumanMessage": "user",
    "AIMessage": "assistant", "MessagesPlaceholder": "history",
}  # fmt: skip


def _serialized(value: Mapping[str, Json]) -> Shape | None:
    """What LangChain's `dumps` writes: a template of one text, or of a chat."""
    kwargs, read = value["kwargs"], ("lc", "type", "id", "kwargs", "name", "graph")
    if _class(value) == "PromptTemplate" and isinstance(kwargs.get("template"), str):
        style = _FORMATS.get(str(kwargs.get("template_format", "f-string")))
        found = ((None, ("kwargs", "template")),)
        return None if style is None else Shape(read, found, None, style, _partial(kwargs))
    listed = kwargs.get("messages")
    if not isinstance(listed, list) or not listed:
        return None
    texts = [_spoken(one, ("kwargs", "messages", number)) for number, one in enumerate(listed)]
    styles = {style for one in texts if one is not None for style in one[2:]}
    if not all(texts) or len(styles) > 1:
        return None
    said = tuple((one[0], one[1]) for one in texts if one is not None)
    return Shape(read, said, None, next(iter(styles), "fstring"), _partial(kwargs))


def _class(value: Json) -> str:
    path = value.get("id") if isinstance(value, dict) else None
    return str(path[-1]) if isinstance(path, list) and path else ""


def _spoken(one: Json, at: Path) -> tuple[PartRole, Path] | tuple[PartRole, Path, Style] | None:
    """Who speaks a message, where its text stands, and how that writes placeholders, if it may hold any."""
    role = _CLASSES.get(_class(one))
    kwargs = one.get("kwargs") if isinstance(one, dict) else None
    if role is None or not isinstance(kwargs, dict):
        return None
    if role == "history":
        return role, at
    if isinstance(kwargs.get("content"), str) and "{" not in kwargs["content"]:
        return role, (*at, "kwargs", "content")
    inner = kwargs.get("prompt")
    inside = inner.get("kwargs") if isinstance(inner, dict) else None
    if not isinstance(inside, dict) or not isinstance(inside.get("template"), str):
        return None
    style = _FORMATS.get(str(inside.get("template_format", "f-string")))
    return None if style is None else (role, (*at, "kwargs", "prompt", "kwargs", "template"), style)


def texts_in(value: Json, above: str = "") -> Iterator[str]:
    """The dotted names of what may be prompts in a tree: mappings that hold one, and texts with a blank in them."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        if isinstance(inner, str) and " " in inner.strip():
            yield f"{above}{key}"
        if isinstance(inner, dict) and shape_of(inner) is not None:
            yield f"{above}{key}"
            continue
        yield from texts_in(inner, f"{above}{key}.")
