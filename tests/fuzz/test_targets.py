"""The targets of `make fuzz` on their seeds, and on what fuzzing has found."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.fuzz.targets import TARGETS

SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "load": (
        b"\x00a,b\n1,2\n",
        b'\x20a,b\n1,"x\ny"\n3\n4,5,6\n',
        b"\x01a\tb\n1\t2\n",
        b'\x02{"a": 1}\n{"a": [2, {"b": null}]}\n',
        b'\x03[{"a": 1}, {"b": "x"}]',
        b"\x00a,b\n1,2\na,b,c\n1,2,3\n",
        b'\x40a,b\n1,2\na,b,c\n1,"2\n3,4\r\n',
        b'\x00sep=;\ra;b\r1;"\n"\r\r',
        b'\x04a,b\r\n "x",1\r\n2\xe9,05/01/2025\r\n',
        "\x00a|b\n1|2,5\n".encode("utf-16"),
    ),
    "yml": (
        b"name: shop\nprofile: recsql\nvars: {decay_days: 30}\n",
        b"models:\n  - name: m\n    columns:\n      - {name: a, data_tests: [unique]}\n"
        b"    data_tests:\n      - unique: {arguments: {column_name: '(a, b)'}}\n"
        b"unit_tests:\n  - {name: t, model: m, given: [], expect: {rows: []}}\n"
        b"sources:\n  - {name: raw, tables: [{name: t, columns: [{name: a}]}]}\n",
        b"recsql:\n  target: build\n  outputs: {build: {path: w/build.duckdb}}\n",
        # found
        b"name: shop\nvars: {de\0cay: 1}\n",
        b"name: shop\nvars: {as_of: 2024-13-45}\n",
        b"name: shop\nmodel-paths: 5\n",
        b"name: shop\nseed-paths: [5]\n",
        b"name: shop\nmodels: 5\n",
        b"name: shop\nmodels: {shop: {+tags: [a], any: 3, 5: 1}}\n",
        b"models:\n  - {name: m, data_tests: [{a: 1, b: 2}]}\n",
        b"recsql: {target: a, outputs: {a: {path: '{{ x.y.z }}'}}}\n",
        b"recsql: {target: a, outputs: {a: {path: b, threads: .inf}}}\n",
    ),
    "mapping": (
        b"user_id",
        b"price * (1 - rebate)",
        b"case when a = 'x''(' then [1, 2][1] else {'b': 3}.b end",
        b'"odd "" name" || $$text$$ || e\'\\\'\'',
        b"true union all select 1 as poison",
    ),
    "var": (
        b"decay_days=30",
        b"no\nvar=30",
        b'surfaces=[{"name": "home", "length": 5, "personal": [], "fallback": []}]',
        b'events={"table": "t", "user_id": "a", "item_id": "b", "event_at": "c"}',
    ),
}


@pytest.mark.parametrize(
    ("target", "data"),
    [(target, data) for target, seeds in SEEDS.items() for data in seeds],
)
def test_a_target_holds(target: str, data: bytes) -> None:
    TARGETS[target](data)
