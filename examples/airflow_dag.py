"""An Airflow DAG: load, refresh, every night; for Airflow 3."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

PROJECT = "/srv/shop"
RECSQL = "/opt/recsql/.venv/bin/recsql"

with DAG(
    dag_id="recsql",
    schedule="30 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=10)},
) as dag:
    load = BashOperator(
        task_id="load",
        bash_command=f"{RECSQL} load events 'incoming/*.csv.gz' --project {PROJECT}",
        cwd=PROJECT,
    )
    refresh = BashOperator(
        task_id="refresh",
        bash_command=(
            f"{RECSQL} refresh --wait --timeout 3h --log-format json "
            f"--project {PROJECT}"
        ),
        cwd=PROJECT,
    )
    load >> refresh
