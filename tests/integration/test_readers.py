"""Who can read what is published, and what nobody reads: secrets."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from recsql.errors import WarehouseError
from recsql.redaction import HIDDEN, redacted
from tests.integration.conftest import QUICK, Publish, Recsql

SECRET = "s3cr3t-Zq7"
OLDER = "1.5.5"
FORMS = [
    f"postgres:host=localhost dbname=bi password={SECRET}",
    f"postgres:host=localhost password = '{SECRET} \\' more' dbname=bi",
    f"postgres:host=localhost PASSWORD={SECRET}",
    f"postgresql://ann:{SECRET}@localhost/bi",
    f"postgresql://ann:x@{SECRET}@localhost/bi?sslmode=require",
    f"postgres:postgresql://localhost/bi?user=ann&password={SECRET}",
    f"md:shop?motherduck_token={SECRET}",
    f"mysql:host=localhost passwd={SECRET}",
    f"ducklake:postgres:dbname=x sslpassword={SECRET}",
    f"Server=db;Uid=ann;Pwd={SECRET};",
    f"Driver={{x}};Server=db;Pwd={{a;{SECRET}}};Uid=ann",
    f"postgres:host=localhost password=a,b&({SECRET} dbname=bi",
]


@pytest.mark.parametrize("place", FORMS, ids=range(len(FORMS)))
def test_secrets_in_vars_are_refused_and_never_told(
    shop: Path, recsql: Recsql, place: str
) -> None:
    for kind in ("database", "postgres"):
        text = json.dumps(place)
        given = f"{{{QUICK}, publish_also: [{kind}], publish_{kind}: {text}, "
        given += 'on_failure: sh -c "echo $RECSQL_ERROR > told", metrics_file: r.prom}'
        done = recsql("refresh", "--project", shop, "--vars", given)
        assert done.code == 2
        assert f"publish_{kind} says a password or token" in done.err
        assert "PGPASSWORD" in done.err
        assert SECRET not in done.out + done.err
        no_file_holds(shop, SECRET)
    assert SECRET not in str(WarehouseError(f"cannot attach {place}: no"))
    assert HIDDEN in redacted(place)


@pytest.mark.parametrize(
    "text",
    [
        f"CREATE SECRET (TYPE postgres, PASSWORD '{SECRET}')",
        f'{{"password": "{SECRET}"}}',
        f"password: {SECRET}",
        f"api_key => '{SECRET}'",
        f"AWS_SECRET_ACCESS_KEY={SECRET}",
        f"redis://:{SECRET}@cache:6379/0",
        f"DefaultEndpointsProtocol=https;AccountKey={SECRET}==;EndpointSuffix=x",
        f"s3://shop/a.csv?s3_secret_access_key={SECRET}&s3_region=x",
        f"postgres://ann:a%2F/{SECRET}@db:5432/bi",
    ],
)
def test_other_forms_of_secrets_are_hidden(text: str) -> None:
    assert SECRET not in redacted(text)


@pytest.mark.parametrize(
    "text", ["var publish_token_days: 3", "no secret here", "http://db:5432/bi", "a=b"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_secret_of_the_environment_as_a_uri_writes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "a b/c%d é")
    said = redacted("cannot reach a%20b%2Fc%25d%20%C3%A9 or a b/c%d é")
    assert said == f"cannot reach {HIDDEN} or {HIDDEN}"


def test_the_working_directory_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PWD", "OLDPWD"):
        monkeypatch.setenv(name, "/srv/shop")
    monkeypatch.setenv("DB_PWD", SECRET)
    assert redacted(f"/srv/shop/a.csv: {SECRET}") == f"/srv/shop/a.csv: {HIDDEN}"


def no_file_holds(folder: Path, secret: str) -> None:
    """Look through all files, and all columns of DuckDB files, which compress texts."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        assert secret.encode() not in path.read_bytes(), path
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as file:
                for schema, name in file.execute(
                    "select schema_name, table_name from duckdb_tables()"
                ).fetchall():
                    rows = file.execute(f'from "{schema}"."{name}"').fetchall()
                    assert secret not in str(rows), name


@pytest.mark.slow
def test_no_file_holds_the_secret_after_success_and_failure(
    shop: Path, recsql: Recsql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    hooks = 'metrics_file: r.prom, on_failure: sh -c "echo $RECSQL_ERROR > told", '
    hooks += f'on_publish: sh -c "exit 3" "Bearer {SECRET}"'
    outs = []
    for also in (
        "",
        ", publish_also: [postgres], publish_postgres: host=127.0.0.1 port=1",
    ):
        given = f"{{{QUICK}, {hooks}{also}}}"
        options = ("--log-format", "json", "--vars", given)
        done = recsql("refresh", "--project", shop, *options)
        assert done.code == 1
        outs += [done.out, done.err]
    assert "on_publish: sh ended with exit code 3. Version 2 is published." in outs[1]
    assert "publish to PostgreSQL" in (shop / "told").read_text()
    assert SECRET not in "".join(outs)
    no_file_holds(shop, SECRET)
    assert recsql("publish", "--project", shop).code == 0
    no_file_holds(shop, SECRET)


def modes(shop: Path) -> set[tuple[str, str]]:
    folder = shop / "warehouse"
    paths = [folder / "build.duckdb", *(folder / "current").resolve().rglob("*")]
    paths += [shop / "page.html", (folder / "current").resolve()]
    return {(p.name, oct(p.stat().st_mode)[-3:]) for p in paths if p.exists()}


def test_only_the_owner_reads_unless_the_vars_say_more(
    shop: Path, recsql: Recsql
) -> None:
    (shop / "warehouse/build.duckdb").chmod(0o644)  # of an older version
    page = ("report", "--output", shop / "page.html", "--project", shop)
    assert recsql("publish", "--project", shop).code == 0
    assert recsql(*page).code == 0
    assert modes(shop) == {
        ("build.duckdb", "600"),
        ("recsql.duckdb", "400"),
        ("manifest.json", "400"),
        ("page.html", "600"),
        ("2", "700"),
    }
    (shop / "page.html").unlink()
    group = f"file_mode: '640', file_group: '{os.getgid()}'"
    options = ("--project", shop, "--vars", f"{{{group}}}")
    assert recsql("publish", *options).code == 0
    assert recsql(*page, "--vars", f"{{{group}}}").code == 0
    assert modes(shop) == {
        ("build.duckdb", "640"),
        ("recsql.duckdb", "440"),
        ("manifest.json", "440"),
        ("page.html", "640"),
        ("3", "750"),
    }
    assert os.umask(0o022) == 0o022, "the process is left as it was"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("file_mode: '066'", "file_mode: '066' is no mode"),
        ("file_mode: '999'", "file_mode: '999' is no mode"),
        ("file_group: no such group", 'there is no group "no such group" here'),
        ("publish_storage_version: newest", "'newest' is no version of DuckDB"),
    ],
)
def test_wrong_access_is_refused(
    shop: Path, recsql: Recsql, given: str, words: str
) -> None:
    done = recsql("publish", "--project", shop, "--vars", f"{{{given}}}")
    assert done.code in (1, 2)
    assert words in done.err
    assert len(done.err.splitlines()) == 1


def test_the_storage_version_is_old_by_default(shop: Path, publish: Publish) -> None:
    assert storage(publish(shop).path) == "v1.0.0+"
    newer = publish(shop, publish_storage_version="v1.5.0")
    assert storage(newer.path) == "v1.5.0+"


def storage(path: Path) -> str:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as file (read_only)")
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'file'"
        ).fetchall()
    return str(tags["storage_version"])


READ = "select count(*), count(distinct user_id) from rec_for_user"


@pytest.mark.slow
def test_an_older_client_reads_it(
    shop: Path, publish: Publish, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """DuckDB 1.5.5 in a virtual environment of its own; docs/bi.md says so."""
    folder = tmp_path_factory.mktemp("older")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [folder / "bin/pip", "install", "-q", f"duckdb=={OLDER}"]
    made = subprocess.run(install, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"DuckDB {OLDER} cannot be installed: {made.stderr[-200:]}")
    path = publish(shop).path
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); "
    code += f"print(duckdb.__version__, c.execute('{READ}').fetchone(), "
    code += "len(c.execute('from catalog').fetchall()))"
    done = subprocess.run(
        [folder / "bin/python", "-c", code, str(path)], capture_output=True, text=True
    )
    with duckdb.connect(str(path), read_only=True) as file:
        rows = file.execute(READ).fetchone()
        columns = len(file.execute("from catalog").fetchall())
    assert (done.stdout, done.stderr) == (f"{OLDER} {rows} {columns}\n", "")


@pytest.mark.slow
def test_the_package_for_node_reads_it(
    shop: Path, publish: Publish, tmp_path: Path
) -> None:
    """The newest @duckdb/node-api that npm has."""
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("no node here: the published file is not tried with its package")
    made = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "@duckdb/node-api"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        pytest.skip(f"@duckdb/node-api cannot be installed: {made.stderr[-200:]}")
    path = publish(shop).path
    (tmp_path / "read.js").write_text(
        "const { DuckDBInstance } = require('@duckdb/node-api');\n"
        "(async () => {\n"
        "  const options = { access_mode: 'READ_ONLY' };\n"
        "  const file = await DuckDBInstance.create(process.argv[2], options);\n"
        "  const c = await file.connect();\n"
        f"  const read = await c.runAndReadAll('{READ}');\n"
        "  console.log(read.getRows()[0].map(String).join(' '));\n"
        "})();\n"
    )
    done = subprocess.run(
        ["node", "read.js", str(path)], cwd=tmp_path, capture_output=True, text=True
    )
    with duckdb.connect(str(path), read_only=True) as file:
        rows = file.execute(READ).fetchall()[0]
    assert done.stdout == f"{rows[0]} {rows[1]}\n", done.stderr
