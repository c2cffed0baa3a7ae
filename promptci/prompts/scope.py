"""Where a name of a Python program gets another value: whatever way, the text that was read is not the one in use."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def bound(body: Sequence[ast.stmt], name: str, *, after: int) -> list[int]:
    """Return the lines on which the scope whose statements are `body` binds `name`, or takes it away, in any order.

    A function that declares it `global` counts, and an import of everything below line `after`: either may. What a
    program does by other means (`globals()`, `setattr`) nobody can read off it.
    """
    return [line for node in nodes(body) for line in _binds(node, name, after)]


def nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Give the nodes of one scope; of scopes inside it the outermost node, and what they declare as global."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        yield node
        if isinstance(node, _SCOPES):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Global))
        elif not isinstance(node, ast.AnnAssign) or node.value is not None:  # `NAME: str` alone binds nothing
            pending.extend(ast.iter_child_nodes(node))


def _binds(node: ast.AST, name: str, after: int) -> Iterator[int]:
    match node:
        case ast.Name(id=called, ctx=ast.Store() | ast.Del()) if called == name:
            yield node.lineno
        case ast.FunctionDef(name=called) | ast.AsyncFunctionDef(name=called) | ast.ClassDef(name=called):
            yield from [node.lineno] if called == name else []
        case ast.ExceptHandler(name=called) | ast.MatchAs(name=called) | ast.MatchStar(name=called) if called == name:
            yield node.lineno
        case ast.Global(names=names) if name in names:
            yield node.lineno
        case ast.Import(names=found) | ast.ImportFrom(names=found):
            given = [(one.asname or one.name).split(".")[0] for one in found]
            yield from (node.lineno for one in given if one == name or (one == "*" and node.lineno > after))
