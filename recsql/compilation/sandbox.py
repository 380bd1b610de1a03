"""Where templates run: they reach neither files nor Python, and end soon.

Jinja's sandbox keeps templates from Python's internals. This one also bounds what they
may ask of the machine: `'a' * 10**10` is refused before it is there, and ranges have
no more than so many numbers together.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from jinja2 import BytecodeCache, FunctionLoader, StrictUndefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.sandbox import SandboxedEnvironment

MOST_LETTERS = 1_000_000  # of a text, or entries of a list, that * makes
MOST_NUMBERS = 1_000_000  # of all ranges of one template
PADDING = ("center", "ljust", "rjust", "zfill", "expandtabs")


class Code(CodeGenerator):
    """Jinja's compiler, but `~` asks the sandbox."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        """Write the call that joins the parts."""
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")


class Sandbox(SandboxedEnvironment):
    """Jinja's sandbox, with bounds."""

    intercepted_binops = frozenset(["*", "**", "%", "+"])
    code_generator_class = Code

    def __init__(
        self,
        loader: FunctionLoader,
        extensions: list[type[Extension]],
        codes: BytecodeCache,
    ) -> None:
        super().__init__(
            loader=loader,
            undefined=StrictUndefined,
            extensions=extensions,
            bytecode_cache=codes,
        )
        self.numbers_left = MOST_NUMBERS
        self.globals["range"] = self._range
        self.globals.pop("lipsum", None)
        for name in ("center", "indent", "format"):
            self.filters.pop(name, None)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Do an operation, unless what it makes is large.

        Raises:
            SecurityError: it is.
        """
        sizes = [len(x) if hasattr(x, "__len__") else x for x in (left, right)]
        are_numbers = all(isinstance(size, int | float) for size in sizes)
        if operator == "%" and isinstance(left, str):
            raise SecurityError("% of a text: join with ~ instead")
        if operator == "**":
            is_large = are_numbers and abs(sizes[1]) > 64
        else:
            makes = sum if operator == "+" else prod
            has_parts = any(hasattr(x, "__len__") for x in (left, right))
            is_large = has_parts and are_numbers and makes(sizes) > MOST_LETTERS
        if is_large:
            raise SecurityError(f"{operator} makes more than a template may")
        return super().call_binop(context, operator, left, right)

    def joined(self, parts: Sequence[Any]) -> str:
        """Do `~`, unless what it makes is large.

        Raises:
            SecurityError: it is.
        """
        texts = [str(part) for part in parts]
        if sum(map(len, texts)) > MOST_LETTERS:
            raise SecurityError("~ makes more than a template may")
        return "".join(texts)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse, with what Jinja does, the ways to pad a text to any length."""
        is_padding = isinstance(obj, str) and attr in PADDING
        return not is_padding and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Any:
        """Refuse `format` of texts, which pads to any length.

        Raises:
            SecurityError: it is one.
        """
        if super().wrap_str_format(value) is not None:
            raise SecurityError("format of a text: join with ~ instead")

    def _range(self, *bounds: int) -> range:
        numbers = range(*bounds)
        self.numbers_left -= len(numbers)
        if self.numbers_left < 0:
            raise SecurityError(f"ranges of more than {MOST_NUMBERS:,} numbers")
        return numbers
