"""What recsql.spark writes: one golden example per difference, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from recsql.compilation import spark
from recsql.compilation.compiler import Plan
from recsql.compilation.render import Compiled
from recsql.config.project import Model
from recsql.errors import ProjectError
from tests.worlds import ALL_SWITCHES, plan_with

EXPRESSIONS = {
    "sum(cast(x as hugeint))": """
        SUM( CAST(CAST(FLOOR(BROUND(CAST(x AS DOUBLE)) / POWER(2, 62)) AS BIGINT)
        AS DECIMAL(38, 0)) * 4611686018427387904 + CAST(CAST(BROUND(CAST(x AS DOUBLE))
        - FLOOR(BROUND(CAST(x AS DOUBLE)) / POWER(2, 62)) * POWER(2, 62) AS BIGINT)
        AS DECIMAL(38, 0)) )""",
    "arg_max(x, y)": "MAX_BY(x, y) FILTER(WHERE NOT x IS NULL)",
    "arg_max(x, (y, -z))": """
        MAX_BY(x, STRUCT(y IS NULL, y, ( -z ) IS NULL, -z))
        FILTER(WHERE NOT x IS NULL)""",
    "epoch(x)": "( CAST(UNIX_MICROS(CAST(x AS TIMESTAMP)) AS DOUBLE) / 1000000 )",
    "hash(x, y)": "XXHASH64(x, y)",
    "coalesce(getvariable('x'), 0)": "COALESCE(NULL, 0)",
    "x + to_seconds(y)": "x + MAKE_DT_INTERVAL(0, 0, 0, y)",
    "concat('a', x, cast(y as varchar))": """
        CONCAT('a', COALESCE(CAST(x AS STRING), ''),
        COALESCE(CAST(y AS STRING), ''))""",
    "x / y": "CAST(x AS DOUBLE) / y",
    "x / cast(y as double)": "x / CAST(y AS DOUBLE)",
    "avg(x)": "AVG(CAST(x AS DOUBLE))",
    "cast(x as bigint)": """
        CASE WHEN TYPEOF(x) IN ('double', 'float')
        THEN CAST(BROUND(CAST(x AS DOUBLE)) AS BIGINT)
        ELSE CAST(ROUND(CAST(x AS DECIMAL(38, 9))) AS BIGINT) END""",
    "cast('0x' || substr(x, 1, 13) as bigint)": """
        CAST(CONV(SUBSTRING(x, 1, 13), 16, 10) AS BIGINT)""",
    "cast(round(x) as bigint)": "CAST(ROUND(x) AS BIGINT)",
    "cast(count(*) - 1 as integer)": "CAST(COUNT(*) - 1 AS INT)",
    "try_cast(x as timestamp)": """
        CASE WHEN CAST(x AS STRING) RLIKE
        '^ *[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T][0-9]{1,2}:[0-9]{1,2}.*)?$'
        THEN TRY_CAST(x AS TIMESTAMP_NTZ) END""",
    "try_cast(x as float[])": "TRY_CAST(x AS ARRAY<FLOAT>)",
    "try_cast(x as double)": r"""
        CASE WHEN NOT CAST(x AS STRING) RLIKE '[0-9.][dDfF]\\s*$'
        THEN TRY_CAST(x AS DOUBLE) END""",
    "timestamp '2024-01-31'": "CAST('2024-01-31' AS TIMESTAMP_NTZ)",
    "lag(x) over (order by x, y desc)": "LAG(x) OVER (ORDER BY x NULLS LAST, y DESC)",
    "regexp_extract_all(x, '[a-z]+')": "REGEXP_EXTRACT_ALL(x, '[a-z]+', 0)",
    "list_filter(x, lambda y:y <> z)": "FILTER(x, y -> y <> z)",
    "list_sort(list({'x': x}))": """
        ARRAY_SORT(CASE WHEN COUNT(*) > 0 THEN COLLECT_LIST(STRUCT(x AS x)) END)""",
    "list(x)": """
        CASE WHEN COUNT(*) > 0 THEN TRANSFORM(COLLECT_LIST(STRUCT(x AS v)), e -> e.v)
        END""",
    "list(x order by y)": """
        CASE WHEN COUNT(*) > 0 THEN TRANSFORM(ARRAY_SORT(COLLECT_LIST(STRUCT(y IS NULL
        AS k0, y AS k1, x AS v))), e -> e.v) END""",
    "list(x) filter (where y)": """
        TRANSFORM(COLLECT_LIST(STRUCT(x AS v)) FILTER(WHERE y), e -> e.v)""",
    "closest_rows({'row_index': list(x)}, 3)": """
        CLOSEST_ROWS( CAST(STRUCT(TRANSFORM(COLLECT_LIST(STRUCT(x AS v)), e -> e.v) AS
        row_index) AS STRUCT<row_index: ARRAY<INT>, column_index: ARRAY<INT>, weight:
        ARRAY<DOUBLE>>), CAST(3 AS INT) )""",
    "unnest(x, recursive := true)": "INLINE(x)",
    "len(x)": "SIZE(x)",
    "length(x)": "LENGTH(x)",
    "list_resize(x, 3, 0)": "SLICE(CONCAT(x, ARRAY_REPEAT(0, 3)), 1, 3)",
    "x[1:4]": "SLICE(x, 1, 4 - 1 + 1)",
    "to_timestamp(x)": "TIMESTAMP_SECONDS(CAST(x AS DOUBLE))",
    "epoch_ms(x)": "CAST(TIMESTAMP_MILLIS(CAST(x AS BIGINT)) AS TIMESTAMP_NTZ)",
    "make_timestamp(x)": "CAST(TIMESTAMP_MICROS(CAST(x AS BIGINT)) AS TIMESTAMP_NTZ)",
    "split_part(x, '|', 1)": "SPLIT_PART(x, '|', 1)",
    "regexp_full_match(x, 'a|b')": r"x RLIKE '^(?:a|b)\\z'",
    "x + to_hours(y)": "x + MAKE_DT_INTERVAL(0, y, 0, 0)",
    "x + to_days(y)": "x + MAKE_DT_INTERVAL(y, 0, 0, 0)",
    "current_setting('memory_limit')": "'1GB'",
    "list_contains(x, y)": "ARRAY_CONTAINS(x, y)",
    "array_to_string(x, ', ')": "ARRAY_JOIN(x, ', ')",
    "string_split(x, '|')": r"SPLIT(x, CONCAT('\\Q', '|', '\\E'))",
    "list_append(x, y)": "ARRAY_APPEND(COALESCE(x, ARRAY()), y)",
    "string_agg(x, ', ' order by y desc, x)": """
        LISTAGG(x, ', ') WITHIN GROUP (ORDER BY y DESC, x NULLS LAST)""",
    "unnest([5, 10])": "EXPLODE(ARRAY(5, 10))",
    "unnest(range(1, 11))": "EXPLODE(SEQUENCE(1, 10))",
    "unnest(range(1, x))": """
        EXPLODE(IF(( x - 1 ) < 1, ARRAY(), SEQUENCE(1, ( x - 1 ))))""",
    "'it''s a\\b'": r"'it\'s a\\b'",
    "list_inner_product(x, y)": """
        AGGREGATE( ZIP_WITH(x, y, (one, other) -> one * other), CAST(0 AS DOUBLE),
        (total, term) -> total + term )""",
    "(x)": "x",
}
QUERIES = {
    "select *, row_number() over (order by x) as r from t qualify r = 1": """
        SELECT * FROM ( SELECT *, ROW_NUMBER() OVER (ORDER BY x NULLS LAST) AS r
        FROM t ) AS numbered WHERE r = 1""",
    "select x, row_number() over (order by x) as r from t qualify r = 1": """
        SELECT x, r FROM ( SELECT x, ROW_NUMBER() OVER (ORDER BY x NULLS LAST) AS r
        FROM t ) AS _t WHERE r = 1""",
    "select cast(unnest(range(len(x))) as integer) as i, unnest(x) as v from t": """
        SELECT POSEXPLODE(x) AS (i, v) FROM t""",
    "select k, unnest(range(len(x))) as i, unnest(x) as v from t": """
        SELECT k, POSEXPLODE(x) AS (i, v) FROM t""",
}
REFUSED = {
    "select reverse(x) from t": "nobody has compared reverse",
    "select list(distinct x) from t": "group by x first",
    "select list(x order by y desc) from t": "sorts a list upwards only",
    "select als_fit(x) from t": "als_fit takes 4 arguments",
    "select x[2:] from t": "the first and the last place",
    "select date_diff('day', x, y) from t": "nobody has compared datediff",
    "select x // 2 from t": "nobody has compared intdiv",
    "select x from t where x like 'a%'": "nobody has compared like",
    "select sum(x order by y) from t": "sum takes no order",
    "select arg_max(x, y, 3) from t": "max_by returns one value",
    "select round(x, 2) from t": "round to decimals differently",
    "select cast(x as date) - cast(y as date) from t": "subtract dates differently",
    "select cast(x / y as varchar) from t": "write a double as text differently",
    "select concat('a', avg(x)) from t": "write a double as text differently",
    "select try_cast(x as integer) from t": "time, double, boolean and lists",
    "select * from a asof join b on a.x >= b.x": "no such clause",
    "select x from a union all by name select x from b": "no such clause",
    "select distinct on (x) x, y from t": "no such clause",
    "select unnest(x), unnest(y) from t": "unnests one list",
    "select unnest(range(1, len(x))) as i, unnest(x) as v from t": "unnests one list",
    "select * from t qualify row_number() over (order by x) = 1": "has a name",
}


@pytest.fixture(scope="module")
def plan() -> Plan:
    return plan_with(as_of="2024-03-01", **ALL_SWITCHES)


def model(sql: str) -> Compiled:
    lines = tuple(range(11, 12 + sql.count("\n")))
    path = Path("sql/odd.sql")
    return Compiled(Model("odd", path, sql, "", "t"), str(path), sql, (), (), {}, lines)


def translated(sql: str) -> str:
    return one_line(spark.translate(model(sql)))


def one_line(sql: str) -> str:
    return " ".join(sql.split())


@pytest.mark.parametrize(("duckdb", "expected"), EXPRESSIONS.items())
def test_expression(duckdb: str, expected: str) -> None:
    found = translated(f"select {duckdb} as r from t")
    assert found == one_line(f"SELECT {expected} AS r FROM t")


@pytest.mark.parametrize(("duckdb", "expected"), QUERIES.items())
def test_query(duckdb: str, expected: str) -> None:
    assert translated(duckdb) == one_line(expected)


@pytest.mark.parametrize(("sql", "reason"), REFUSED.items())
def test_what_spark_would_read_differently_is_refused(sql: str, reason: str) -> None:
    with pytest.raises(
        ProjectError, match=rf"^sql/odd.sql:11: Spark: .*{reason}.*Seen: "
    ):
        spark.translate(model(sql))


def test_a_refusal_names_the_line_of_the_file() -> None:
    with pytest.raises(ProjectError) as caught:
        spark.translate(model("select\n    x,\n    reverse(x) as y\nfrom t"))
    assert str(caught.value) == (
        "sql/odd.sql:13: Spark: nobody has compared reverse on DuckDB and Spark yet. "
        "Write it otherwise, or compare it and add it to recsql/compilation/spark.py. "
        'Seen: "REVERSE(x)".'
    )


def test_changes_reach_what_is_inside_other_changes() -> None:
    found = translated("select x / epoch(try_cast(concat(y, z) as timestamp)) from t")
    text = "CONCAT(COALESCE(CAST(y AS STRING), ''), COALESCE(CAST(z AS STRING), ''))"
    assert found.count(text) == 2
    assert found.startswith("SELECT x / ( CAST(UNIX_MICROS(")


def test_every_sql_only_model_translates(plan: Plan) -> None:
    names = [name for name, c in plan.models.items() if spark.is_sql_only(c)]
    for name in names:
        assert spark.translate(plan.models[name]).rstrip().endswith("FROM final")
    assert {"sig_als_model", "cand_factors"} <= set(plan.models) - set(names)


def test_a_translation_reads_the_tables_of_the_model(plan: Plan) -> None:
    text = spark.translate(plan.models["rec_complements"])
    for name in plan.models["rec_complements"].refs:
        assert f"FROM main.{name}\n" in text
