"""Pieces that the functions of the Spark dialect share: templates, types, a refusal."""

from __future__ import annotations

from sqlglot import exp, parse_one

WHOLE_TYPES = (*exp.DataType.INTEGER_TYPES, *exp.DataType.TEXT_TYPES)


class Refused(Exception):
    """A piece of SQL that Spark would read differently, and what to do about it."""

    def __init__(self, node: exp.Expr, advice: str) -> None:
        super().__init__(advice)
        self.node = node


def spark(template: str, **operands: exp.Expr) -> exp.Expr:
    """Return a Spark expression with its `:name` placeholders filled in."""
    tree = parse_one(template, dialect="spark")
    return exp.replace_placeholders(tree, **{k: v.copy() for k, v in operands.items()})


def is_double(node: exp.Expr) -> bool:
    """Say whether an expression is certainly a double."""
    if isinstance(node, exp.Paren | exp.Neg):
        return is_double(node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return is_double(node.this) or is_double(node.expression)
    if isinstance(node, exp.Cast):
        return becomes(node, "double")
    doubles = (exp.Div, exp.Log, exp.Ln, exp.Exp, exp.Sqrt, exp.Avg, exp.StddevSamp)
    return isinstance(node, doubles)


def is_whole(node: exp.Expr) -> bool:
    """Say whether an expression certainly has no fraction, or is text."""
    if isinstance(node, exp.Paren | exp.Neg | exp.Window):
        return is_whole(node.this)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return is_whole(node.this) and is_whole(node.expression)
    if isinstance(node, exp.Cast):
        return becomes(node, *WHOLE_TYPES)
    if isinstance(node, exp.Round):
        return node.args.get("decimals") is None
    if isinstance(node, exp.Explode):
        return isinstance(node.this, exp.GenerateSeries)
    counts = (exp.Count, exp.RowNumber, exp.Floor, exp.Length)
    return isinstance(node, counts) or node.is_string or node.is_int


def as_double(node: exp.Expr) -> exp.Expr:
    """Return an expression as a double."""
    return spark("cast(:x as double)", x=node)


def as_text(node: exp.Expr) -> exp.Expr:
    """Return an expression as text."""
    text = isinstance(node, exp.Cast) and becomes(node, *exp.DataType.TEXT_TYPES)
    return node if text else spark("cast(:x as string)", x=node)


def refuse_double_text(node: exp.Expr) -> None:
    """Refuse a double that would become text."""
    if is_double(node) or isinstance(node, exp.Floor):
        raise Refused(node, "the engines write a double as text differently.")


def becomes(cast: exp.Expr, *types: exp.DType | str) -> bool:
    """Say whether a cast is to one of the types."""
    return bool(cast.args["to"].is_type(*types))
