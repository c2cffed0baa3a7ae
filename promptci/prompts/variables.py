"""Which values a Jinja2 template needs, and which it only takes when they are there.

A name is optional when every use of it is guarded: as `{{ x | default("none") }}`, or where `x is defined` holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import nodes

Names = frozenset[str]
_NONE: Names = frozenset()


def names_in(tree: nodes.Template) -> tuple[Names, Names]:
    """Return the names that every case must have, and those that it may have."""
    found = list(_uses(tree, _NONE, frozenset(("loop",))))
    required = frozenset(name for name, needed in found if needed)
    return required, frozenset(name for name, _ in found) - required


def _uses(node: nodes.Node, safe: Names, own: Names) -> Iterator[tuple[str, bool]]:
    """Give (name, needed) for each use below `node`. `safe` are surely defined there, `own` are set by a loop."""
    match node:
        case nodes.Name():
            if node.name not in own:
                yield node.name, node.name not in safe
        case nodes.Filter(name="default", node=nodes.Name() as guarded):
            yield from _uses(guarded, safe | {guarded.name}, own)
            for argument in (*node.args, *node.kwargs):
                yield from _uses(argument, safe, own)
        case nodes.Test(name="defined" | "undefined", node=nodes.Name() as asked):
            yield from _uses(asked, safe | {asked.name}, own)
        case nodes.Template():
            yield from _body(node.body, safe, own)
        case nodes.AssignBlock():
            yield from _body(node.body, safe, own)
            if node.filter is not None:
                yield from _uses(node.filter, safe, own)
        case nodes.Assign():
            yield from _uses(node.node, safe, own)
        case nodes.If():
            yield from _branches(node, safe, own)
        case nodes.CondExpr():
            yield from _uses(node.test, safe, own)
            yield from _uses(node.expr1, safe | _when(node.test, True), own)
            if node.expr2 is not None:
                yield from _uses(node.expr2, safe | _when(node.test, False), own)
        case nodes.And() | nodes.Or():
            yield from _uses(node.left, safe, own)
            yield from _uses(node.right, safe | _when(node.left, isinstance(node, nodes.And)), own)
        case nodes.For():
            yield from _loop(node, safe, own)
        case _:
            for child in node.iter_child_nodes():
                yield from _uses(child, safe, own)


def _body(body: Sequence[nodes.Node], safe: Names, own: Names) -> Iterator[tuple[str, bool]]:
    """Nodes in their order: what one sets is the template's own behind it, and what it may set is not needed."""
    for node in body:
        yield from _uses(node, safe, own)
        own |= _sets(node)
        safe |= _may_set(node)


def _sets(node: nodes.Node) -> Names:
    if isinstance(node, nodes.Assign | nodes.AssignBlock) and isinstance(node.target, nodes.Name):
        return frozenset((node.target.name,))
    if isinstance(node, nodes.If) and node.else_:
        return frozenset.intersection(*(frozenset().union(*map(_sets, body)) for body in _bodies(node)))
    return _NONE


def _may_set(node: nodes.Node) -> Names:
    if isinstance(node, nodes.If):
        return frozenset().union(*(_sets(n) | _may_set(n) for body in _bodies(node) for n in body))
    return _NONE


def _bodies(node: nodes.If) -> Iterator[Sequence[nodes.Node]]:
    yield from (node.body, *(branch.body for branch in node.elif_), node.else_)


def _branches(node: nodes.If, safe: Names, own: Names) -> Iterator[tuple[str, bool]]:
    for branch in (node, *node.elif_):
        yield from _uses(branch.test, safe, own)
        yield from _body(branch.body, safe | _when(branch.test, True), own)
        safe |= _when(branch.test, False)
    yield from _body(node.else_, safe, own)


def _loop(node: nodes.For, safe: Names, own: Names) -> Iterator[tuple[str, bool]]:
    yield from _uses(node.iter, safe, own)
    inside = own | {name.name for name in node.target.find_all(nodes.Name)}
    if isinstance(node.target, nodes.Name):
        inside |= {node.target.name}
    if node.test is not None:
        yield from _uses(node.test, safe, inside)
    yield from _body(node.body, safe, inside)
    yield from _body(node.else_, safe, own)


def _when(test: nodes.Node, holds: bool) -> Names:
    """Return the names that are surely defined when `test` holds, or when it does not."""
    match test:
        case nodes.Test(name="defined", node=nodes.Name() as asked):
            return frozenset((asked.name,)) if holds else _NONE
        case nodes.Test(name="undefined", node=nodes.Name() as asked):
            return _NONE if holds else frozenset((asked.name,))
        case nodes.Not():
            return _when(test.node, not holds)
        case nodes.And() if holds:
            return _when(test.left, True) | _when(test.right, True)
        case nodes.Or() if not holds:
            return _when(test.left, False) | _when(test.right, False)
        case _:
            return _NONE
