"""What goes wrong on Spark is told in one line, with the exit code of its kind."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from recsql.compilation.render import Compiled
from recsql.config.profile import Cluster, Profile
from recsql.config.project import Model
from recsql.errors import InputError, RecsqlError
from recsql.spark import session
from recsql.spark.failures import named, translated

CAUSED = (
    "org.apache.spark.SparkException: [TASK_WRITE_FAILED] Task failed.\nCaused by: "
)
SAID = {
    "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: User has no MODIFY on "
    "`shop`. SQLSTATE: 42501": (2, "no right to write there"),
    f"{CAUSED}org.apache.hadoop.security.AccessControlException: Permission denied: "
    "user=ann, access=WRITE\n\tat a.B": (2, "Permission denied: user=ann"),
    f"{CAUSED}java.nio.file.AccessDeniedException: s3a://shop/x: 403": (
        2,
        "s3a://shop",
    ),
    "java.io.IOException: Mkdirs failed to create file:/proc/x": (2, "file:/proc/x"),
    "[TABLE_OR_VIEW_NOT_FOUND] The table or view `raw`.`evnts` cannot be found. "
    "Verify the spelling. SQLSTATE: 42P01": (1, "`raw`.`evnts` cannot be found"),
    "Job aborted: ExecutorLostFailure (executor 1 exited)": (1, "executor was lost"),
    "java.lang.OutOfMemoryError: Java heap space": (1, "Java heap space"),
    "[JOB] Job 3 cancelled because of ctrl-C": (130, "interrupted"),
}


@pytest.mark.parametrize(("raised", "told"), SAID.items())
def test_one_line_and_a_code(raised: str, told: tuple[int, str]) -> None:
    with pytest.raises(RecsqlError) as caught, translated("publish: rec_popular"):
        raise RuntimeError(raised)
    code, words = told
    assert (caught.value.exit_code, words in str(caught.value)) == (code, True)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 160


@pytest.mark.parametrize(("raised", "told"), SAID.items())
def test_a_model_is_named(raised: str, told: tuple[int, str]) -> None:
    path = Path("sql/odd.sql")
    model = Model("odd", path, "", "", "t")
    compiled = Compiled(model, str(path), "select 1", (), (), {}, (1,))
    with pytest.raises(RecsqlError) as caught, named(compiled):
        raise RuntimeError(raised)
    assert caught.value.exit_code == told[0]
    assert str(caught.value).startswith(("sql/odd.sql: ", "interrupted"))


@pytest.mark.parametrize("version", ["3.5.1", "4.0.2"])
def test_a_spark_that_is_too_old_is_refused(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=rf"this is {version}.*4\.1 or later.*newer"):
        session._require_version(version)
    pyspark = pytest.importorskip("pyspark")
    monkeypatch.setattr(pyspark, "__version__", version)
    with pytest.raises(InputError, match=rf"pyspark is {version}.*pip install"):
        session._pyspark()


def test_a_new_spark_is_taken() -> None:
    for version in ("4.1.0", "4.10.0", "5.0.0.dev0"):
        session._require_version(version)


def test_connect_that_is_not_installed_says_what_to_install() -> None:
    class Builder:
        def remote(self, _: str) -> Builder:
            return self

        def getOrCreate(self) -> None:
            raise ImportError("grpcio >= 1.48.1 must be installed")

    cluster = Cluster(None, "sc://spark:15002", None, "recsql", "parquet")
    profile = Profile(Path("none"), 2, {}, "spark", cluster)
    with pytest.raises(InputError, match=r"sc://spark.*pip install 'pyspark\[connect"):
        session._start(Builder(), profile)


@pytest.mark.parametrize(
    "kind",
    [
        pa.uint64(),
        pa.list_(pa.uint8()),
        pa.struct([("a", pa.uint32())]),
        pa.null(),
        pa.float16(),
        pa.decimal256(50, 2),
        pa.month_day_nano_interval(),
    ],
)
def test_a_type_that_cannot_go_over_is_named(kind: pa.DataType) -> None:
    pytest.importorskip("pyspark")
    from recsql.spark.tables import _schema_of

    table = pa.schema([("n", pa.int64()), ("odd", kind)]).empty_table()
    with pytest.raises(
        InputError, match=r"^sold: column odd is .* Spark has not\. Cast"
    ):
        _schema_of("sold", table)
