"""Compiled SQL as a person would have written it, for those who copy it elsewhere."""

from __future__ import annotations


def laid_out(sql: str) -> str:
    r"""Return SQL as sqlfmt lays it out, without the holes that templates leave.

    A blank line stays between parts of a query: after the comment on top, after a CTE,
    and before the last select.

    >>> print(laid_out("select\n\nn,\n{\n'seed':42}\n\nfrom numbers"), end="")
    select n, {'seed':42} from numbers
    """
    from sqlfmt.api import format_string  # takes a while to import
    from sqlfmt.mode import Mode

    kept: list[str] = []
    lines = [line.rstrip() for line in sql.strip().splitlines()]
    for number, line in enumerate(lines):
        before = kept[-1] if kept else ""
        after = next((text for text in lines[number:] if text), "")
        ends = before.endswith("),") or after.startswith("select")
        ends = ends or (before.startswith("--") and not after.startswith("--"))
        if line or (before and ends):
            kept.append(line)
    return format_string("\n".join(kept) + "\n", Mode(no_jinjafmt=True))
