"""Bounds on the work of one rendering: loops' turns, and what filters, comparisons and blocks read and keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.runtime import Context

from promptci.core import Json
from promptci.prompts.values import MAX_OUTPUT

MAX_STEPS = 100_000  # turns of all loops of one rendering
MAX_WORK = 5_000_000  # characters that all filters, comparisons and assignments of one rendering read
_PER_VALUE = 10  # characters that a number, a list or a mapping counts for
_COUNTED, _WEIGHED = "counted", "weighed"  # not on the allow list: put around what is read, after the check
_STEPS = "steps left"  # holds a blank, so no template can name it


def bound(tree: nodes.Template) -> None:
    """Make every loop's turn and every value that is filtered, compared or looked up count, in a checked tree.

    One total holds for each rendering. Counted is work, not only steps: what a filter or a comparison reads, too.
    """
    found = list(tree.find_all((nodes.For, nodes.Filter, nodes.Compare, nodes.Getitem, nodes.Concat, nodes.Assign)))
    for block in list(tree.find_all(nodes.AssignBlock)):
        _keep(block)
    for node in found:
        if isinstance(node, nodes.For) and isinstance(node.iter, nodes.Expr):
            node.iter = _through(_COUNTED, node.iter)
        elif isinstance(node, nodes.Filter) and isinstance(node.node, nodes.Expr) and node.name != "default":
            node.node = _through(_WEIGHED, node.node)
            node.args = [_through(_WEIGHED, argument) for argument in node.args]
            for named in node.kwargs:
                named.value = _through(_WEIGHED, named.value)
        elif isinstance(node, nodes.Compare):
            node.expr = _through(_WEIGHED, node.expr)
            for operand in node.ops:
                operand.expr = _through(_WEIGHED, operand.expr)
        elif isinstance(node, nodes.Getitem):
            node.arg = _through(_WEIGHED, node.arg)
        elif isinstance(node, nodes.Concat):
            node.nodes = [_through(_WEIGHED, operand) for operand in node.nodes]
        elif isinstance(node, nodes.Assign) and isinstance(node.node, nodes.Expr):
            node.node = _through(_WEIGHED, node.node)


def _keep(block: nodes.AssignBlock) -> None:
    """Weigh all that a `set` block writes, before it is put together: it is kept, not sent on bit by bit."""
    for output in [node for child in block.body for node in _outputs(child)]:
        output.nodes = [
            _through(_WEIGHED, nodes.Const(n.data, lineno=n.lineno) if isinstance(n, nodes.TemplateData) else n)
            for n in output.nodes
        ]
    inner = block.filter
    while inner is not None and isinstance(inner.node, nodes.Filter):
        inner = inner.node
    weighed = nodes.Filter(None, _WEIGHED, [], [], None, None, lineno=block.lineno)
    if inner is None:
        block.filter = weighed
    else:
        inner.node = weighed


def _outputs(node: nodes.Node) -> Iterator[nodes.Output]:
    if isinstance(node, nodes.Output):
        yield node
    elif not isinstance(node, nodes.AssignBlock):  # which is met by itself
        yield from (found for child in node.iter_child_nodes() for found in _outputs(child))


def _through(name: str, node: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)


def with_steps(values: Mapping[str, Json]) -> dict[str, Json]:
    """Return the values of one rendering together with its own counts of steps and of work."""
    return {**values, _STEPS: [MAX_STEPS, MAX_WORK]}


@jinja2.pass_context
def counted(context: Context, items: Iterable[Json]) -> Iterator[Json]:
    """Give the items, each as one of the rendering's steps."""
    left = context.resolve(_STEPS)
    for item in items:
        left[0] -= 1
        if left[0] < 0:
            raise jinja2.TemplateRuntimeError(f"its loops take more than {MAX_STEPS:,} steps")
        yield item


@jinja2.pass_context
def weighed(context: Context, value: Any) -> Any:
    """Take from the rendering's work what reading the whole value costs."""
    left = context.resolve(_STEPS)
    pending = [value]
    while pending:
        item = pending.pop()
        left[1] -= _PER_VALUE + (len(item) if isinstance(item, str) else 0)
        if left[1] < 0:
            problem = f"its filters and comparisons read more than {MAX_WORK:,} characters"
            raise jinja2.TemplateRuntimeError(problem)
        if isinstance(item, list | tuple):
            pending.extend(item)
        elif isinstance(item, Mapping):
            pending.extend(item.values())
    return value


def within(text: str) -> str:
    """Return what a filter made; raise TemplateRuntimeError beyond the bound."""
    if len(text) > MAX_OUTPUT:
        raise jinja2.TemplateRuntimeError(f"a filter gives more than {MAX_OUTPUT:,} characters")
    return text


FILTERS = {_COUNTED: counted, _WEIGHED: weighed}
