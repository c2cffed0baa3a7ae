"""An assertion in JavaScript, as promptfoo takes it (promptfoo.dev/docs/configuration/expected-outputs/javascript).

It runs apart, with the machine's own Node: `sandbox.py`.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from promptci.core import Case, Json, digest
from promptci.errors import DataError
from promptci.metrics import sandbox
from promptci.metrics.base import Answer, Grade, Needs
from promptci.metrics.code import Megabytes, Seconds, given, grade_of, told
from promptci.metrics.expected import as_text
from promptci.options import File

# Text in place is an expression, or the body of a function; a file exports a function, or several by name.
_RUNNER = """\
const order = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const {text, file, name, config, making} = %s;
function inPlace() {
  try { return new Function('output', 'context', `return (${text}\\n);`); }
  catch (error) { if (!(error instanceof SyntaxError)) throw error; }
  return new Function('output', 'context', text);
}
function ofFile() {
  const module = {exports: {}};
  const plain = text.replace(/^export default /m, 'module.exports = ');
  new Function('module', 'exports', 'require', plain)(module, module.exports, require);
  const found = name ? module.exports[name] : module.exports.default || module.exports;
  if (typeof found !== 'function') throw new Error(`exports no function ${name}`);
  return found;
}
const context = {vars: order.case.vars, test: {vars: order.case.vars, tags: order.case.tags}, config};
let begun = false;
async function main() {
  const made = file ? ofFile() : inPlace();
  begun = true;
  let said = await made(order.output, context);
  if (typeof said === 'function') said = await said(order.output, context);
  if (making && (said === undefined || said === null)) throw new Error('it gives nothing');
  if (making) return {value: said};
  if (typeof said === 'number') return Math.min(1, Math.max(0, said));
  if (typeof said === 'boolean' || (said && typeof said === 'object')) return said;
  throw new Error(`returned ${typeof said}, not true, false, a number or an object`);
}
main().catch((error) => ({failed: String(error), begun})).then((said) => console.log(JSON.stringify(said)));
"""


@dataclass(frozen=True)
class JavaScript:
    """JavaScript as promptfoo runs it: `code` in place, or a `file` that exports a function of (output, context).

    `function` names one of several exports, `config` is `context.config`. It returns true, false, a number (below 0 is
    0, above 1 is 1) or `{pass, score, reason}`. `output` is the answer's text; of an answer that calls tools the list
    of its calls, or the message that holds both. `{{ name }}` in `code` is the case's value. It runs apart with the
    machine's `node`, as `command` does; `seconds` and `memory_mb` are its bounds.
    """

    code: str = ""
    file: File | None = None
    function: str = ""
    config: Mapping[str, Json] = field(default_factory=dict)
    seconds: Seconds = sandbox.SECONDS
    memory_mb: Megabytes = 2048

    graded: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Raise ValueError unless there is one of code and file."""
        if bool(self.code.strip()) == (self.file is not None):
            raise ValueError("needs one of the options 'code' and 'file'")

    @property
    def version(self) -> str:
        """The rule and the text that runs."""
        return f"javascript/1 {digest([_RUNNER, self._source, self.function, dict(self.config)])[:16]}"

    @property
    def needs(self) -> Needs:
        """The file, which is code; in place it is code as well."""
        return Needs(files=() if self.file is None else (self.file.path,), code=True)

    def refuse(self, cases: Sequence[Case], place: str) -> None:
        """Raise DataError where there is no Node to run it."""
        del cases
        if shutil.which("node", path="/usr/local/bin:/usr/bin:/bin") is None:
            hint = "install Node.js, or write the check in Python: {name: python, file: checks.py:grade}"
            raise DataError("metric 'javascript' needs the program 'node', which is not here", place=place, hint=hint)

    def grade(self, case: Case, answer: Answer) -> Grade:
        """Return what the code says."""
        return grade_of(self.ran(case, answer))

    def ran(self, case: Case, answer: Answer, *, making: bool = False) -> sandbox.Ran:
        """Run the code on an answer. With `making` its value may be any, and stands under `value`."""
        by_file = self.file is not None
        setup = {
            "text": self._source if by_file else _filled(self.code, case),
            "file": by_file,
            "name": self.function,
            "config": dict(self.config),
        }
        runner = File("metric.cjs", _RUNNER % json.dumps({**setup, "making": making}))
        return sandbox.run(
            runner, _output(answer), told(case), argv=("node",), seconds=self.seconds, memory_mb=self.memory_mb
        )

    def __call__(self, case: Case, output: str) -> float | None:
        """Return the value of a text."""
        return self.grade(case, Answer(output)).value

    @property
    def _source(self) -> str:
        return self.code if self.file is None else self.file.text


_NAME = re.compile(r"\{\{\s{0,9}(\w{1,100})\s{0,9}\}\}")
_ENDS = str.maketrans({"'": "\\'", "`": "\\`", "$": "\\$", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def _filled(code: str, case: Case) -> str:
    """Put a case's values in the place of `{{ name }}`, as promptfoo does; inside quotes none of them can end those."""

    def put(match: re.Match[str]) -> str:
        values = {"expected": case.expected, **case.vars}
        if match[1] not in values or values[match[1]] is None:
            return match[0]
        return json.dumps(as_text(values[match[1]]), ensure_ascii=False)[1:-1].translate(_ENDS)

    return _NAME.sub(put, code) if "{{" in code else code


def _output(answer: Answer) -> Json:
    """What promptfoo calls the output: a text, what a transform made of it, or the tool calls that were the answer."""
    if not answer.tool_calls or answer.value is not None:
        return given(answer)
    calls = [
        {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
        for c in answer.tool_calls
    ]
    return {"role": "assistant", "content": answer.text, "tool_calls": calls} if answer.text.strip() else calls
