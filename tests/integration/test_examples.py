"""The files in examples/ are well formed, and each recsql command in them is one."""

from __future__ import annotations

import configparser
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest
import yaml

from recsql.cli.main import cli
from recsql.config.project import builtin_root

FOLDER = builtin_root() / "examples"
NAMES = ["Dockerfile", "airflow_dag.py", "alerts.yml", "crontab"]
NAMES += ["github-actions.yml", "grafana.json", "pull-request.yml"]
NAMES += ["recsql.service", "recsql.timer"]


def text(name: str) -> str:
    lines = (FOLDER / name).read_text().splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith("#"))


def commands(script: str) -> list[list[str]]:
    """Return the arguments of every recsql call in a shell script."""
    calls = []
    for part in re.split(r"&&|\|\||;|\n|>>", script):
        words = shlex.split(part, comments=True)
        for place, word in enumerate(words):
            if Path(word).name == "recsql":
                calls.append(words[place + 1 :])
                break
    return calls


def require_command(arguments: list[str]) -> None:
    """Let click parse the arguments, without running anything."""
    context = click.Context(cli)
    name, command, rest = cli.resolve_command(context, arguments)
    assert command is not None
    command.make_context(name, rest)


def test_every_example_is_on_the_page() -> None:
    page = (builtin_root() / "docs/operating.md").read_text()
    assert sorted(path.name for path in FOLDER.iterdir()) == NAMES
    for name in NAMES:
        assert f"`examples/{name}`" in page


def test_crontab() -> None:
    entries = [line for line in text("crontab").splitlines() if line.strip()]
    (entry,) = [line for line in entries if not re.match(r"\w+=", line)]
    times = re.match(r"((?:[\d*/,-]+ ){5})(.+)", entry)
    assert times
    calls = commands(times[2])
    assert [call[0] for call in calls] == ["load", "refresh"]
    for call in calls:
        require_command(call)


def test_systemd_units(tmp_path: Path) -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text("recsql.service"))
    (call,) = commands(parser["Service"]["ExecStart"])
    require_command(call)
    parser.read_string(text("recsql.timer"))
    assert parser["Timer"]["OnCalendar"]
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    unit = (FOLDER / "recsql.service").read_text()
    unit = unit.replace("/opt/recsql/.venv/bin/recsql", "/bin/true")
    (tmp_path / "recsql.service").write_text(unit)
    shutil.copy(FOLDER / "recsql.timer", tmp_path)
    units = [tmp_path / "recsql.service", tmp_path / "recsql.timer"]
    done = subprocess.run([program, "verify", *units], capture_output=True, text=True)
    problems = [line for line in done.stderr.splitlines() if "recsql" in line]
    assert problems == []


@pytest.mark.parametrize(
    ("name", "job", "last"),
    [
        ("github-actions.yml", "refresh", "refresh"),
        ("pull-request.yml", "diff", "diff"),
    ],
)
def test_github_actions(name: str, job: str, last: str) -> None:
    steps = yaml.safe_load(text(name))["jobs"][job]["steps"]
    lines = [s["run"].partition(" > ")[0] for s in steps if "run" in s]
    calls = [call for line in lines for call in commands(line)]
    assert [call[0] for call in calls if call] == ["load", last]
    for call in calls:
        if call:
            require_command(call)


def test_dockerfile() -> None:
    lines = text("Dockerfile").replace("\\\n", "").splitlines()
    told = {
        line.split()[0]: line.split(maxsplit=1)[1] for line in lines if line.strip()
    }
    assert set(told) == {"FROM", "RUN", "COPY", "USER", "WORKDIR", "ENTRYPOINT", "CMD"}
    assert json.loads(told["ENTRYPOINT"]) == ["recsql"]
    require_command(json.loads(told["CMD"]))


def test_airflow_dag_is_python() -> None:
    code = (FOLDER / "airflow_dag.py").read_text()
    compile(code, "airflow_dag.py", "exec")
    script = code.replace("{RECSQL}", "recsql").replace("{PROJECT}", "/srv/shop")
    joined = re.sub(r'"\s+f"', "", script)
    calls = [
        call
        for found in re.findall(r'f"(recsql .*?)"', joined)
        for call in commands(found)
    ]
    assert [call[0] for call in calls] == ["load", "refresh"]
    for call in calls:
        require_command(call)


@pytest.mark.skipif(
    importlib.util.find_spec("airflow") is None,
    reason="Airflow is not installed: pip install apache-airflow",
)
def test_airflow_imports_the_dag() -> None:
    spec = importlib.util.spec_from_file_location("dag", FOLDER / "airflow_dag.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert [task.task_id for task in module.dag.tasks] == ["load", "refresh"]


def test_what_is_watched_is_measured() -> None:
    """Every figure of the dashboard and of the alerts is there."""
    pytest.importorskip("prometheus_client", reason="needs the extra serve")
    from recsql.serving.metrics import Metrics

    served = Metrics()
    served.requests.labels("recommend", "200").inc()
    served.seconds.labels("recommend").observe(0.1)
    served.lists.labels("home", "user").inc()
    served.lines.labels("shown", "lost").set(0)
    refreshed = (builtin_root() / "recsql/operation/prometheus.py").read_text()
    measured = {
        *re.findall(r"^(\w+)", served.text().decode(), re.M),
        *re.findall(r'"(recsql_\w+)"', refreshed),
    }
    rules = [
        r for g in yaml.safe_load(text("alerts.yml"))["groups"] for r in g["rules"]
    ]
    panels = json.loads(text("grafana.json"))["panels"]
    asked = [rule["expr"] for rule in rules]
    asked += [target["expr"] for panel in panels for target in panel["targets"]]
    named = {
        name
        for each in asked
        for name in re.findall(r"\b((?:recsql|process)_\w+)", each)
    }
    assert len(named) > 15
    assert named <= measured
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert len({panel["title"] for panel in panels}) == len(panels)
