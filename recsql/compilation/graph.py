"""The DAG of models: order, cycles, selectors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from recsql.errors import InputError, ProjectError, did_you_mean


@dataclass(frozen=True)
class Node:
    """A model or seed as the graph sees it."""

    name: str
    parents: tuple[str, ...]
    folder: str = ""
    tags: frozenset[str] = frozenset()


class Graph:
    """Nodes and arrows; arrows point from what is read to who reads it."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes: Mapping[str, Node] = {node.name: node for node in nodes}
        sorter = TopologicalSorter(
            {name: sorted(self.nodes[name].parents) for name in sorted(self.nodes)}
        )
        try:
            self.order: tuple[str, ...] = tuple(sorter.static_order())
        except CycleError as error:
            path = " -> ".join(reversed(error.args[1]))
            raise ProjectError(
                f"the models refer to each other in a circle: {path}. "
                "Remove one of these references."
            ) from None
        self.children: dict[str, set[str]] = {name: set() for name in self.nodes}
        for node in self.nodes.values():
            for parent in node.parents:
                self.children[parent].add(node.name)

    def ancestors(self, name: str) -> set[str]:
        """Return everything that a node reads, directly or not."""
        return _reach(name, lambda n: self.nodes[n].parents)

    def descendants(self, name: str) -> set[str]:
        """Return everything that reads a node, directly or not."""
        return _reach(name, lambda n: self.children[n])

    def with_ancestors(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the nodes and everything they read, in build order."""
        wanted = {a for name in names for a in (name, *self.ancestors(name))}
        return tuple(name for name in self.order if name in wanted)

    def select(
        self, selectors: Iterable[str], exclude: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Return the chosen nodes in build order; no selector means all.

        A selector is a name, a folder or file (`sql/signals/rules`, in dbt's words also
        `signals.rules`) or `tag:x`; `+` before it adds ancestors, after it descendants;
        a comma intersects; several selectors unite.

        Raises:
            InputError: a selector matches nothing.
        """
        parts = [part for text in selectors for part in text.split()]
        chosen = set(self.nodes) if not parts else set()
        for part in parts:
            chosen |= set.intersection(*(self._one(p) for p in part.split(",")))
        for part in [part for text in exclude for part in text.split()]:
            chosen -= self._one(part)
        return tuple(name for name in self.order if name in chosen)

    def _one(self, selector: str) -> set[str]:
        core = selector.strip("+")
        if core.startswith("tag:"):
            found = {n.name for n in self.nodes.values() if core[4:] in n.tags}
        else:
            found = {n.name for n in self.nodes.values() if _is_at(n, core)}
        if not found:
            folders = {n.folder for n in self.nodes.values()}
            known = {*self.nodes, *folders, *(f.partition("/")[0] for f in folders)}
            raise InputError(
                f'--select {selector}: no model, folder or tag is called "{core}".'
                f"{did_you_mean(core, known)}"
            )
        above = {a for n in found for a in self.ancestors(n)}
        below = {d for n in found for d in self.descendants(n)}
        return (
            found
            | (above if selector.startswith("+") else set())
            | (below if selector.endswith("+") else set())
        )


def _is_at(node: Node, place: str) -> bool:
    """Say whether a place is a node's name or file, or a folder around it."""
    path = place.removeprefix("path:").removeprefix("sql/").strip("/")
    if path == place:  # dbt's way to say it: signals.rules
        path = path.replace(".", "/")
    at = f"{node.folder}/{node.name}.sql"
    return place == node.name or at == path or at.startswith(f"{path}/")


def _reach(start: str, step: object) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        for name in step(todo.pop()):  # type: ignore[operator]
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return seen
