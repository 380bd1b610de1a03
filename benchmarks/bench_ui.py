"""The page of `recsql serve --ui` in a headless Chromium: milliseconds of a click.

Run: python benchmarks/bench_ui.py [--users 100] [--folder PROJECT]
From the press to the first frame that shows the answer, by the browser's own clock; the
server is a process of its own on 127.0.0.1. Goal on the demo: p95 of each click below
200 ms. Without --folder the demo is built in a scratch folder, and published twice.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
from bench_serve import built, free_port, known, wait_for
from common import work_folder
from playwright.sync_api import Page, sync_playwright

from recsql.config.project import Project, load_project
from recsql.operation import pipeline

GOAL = 200.0
TOKEN = "may see histories"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Does something; waits for the frame after the first change of what shows its answer.
CLICK = """
([from, value, to, event]) => new Promise((resolve) => {
  const source = document.querySelector(from);
  const began = performance.now();
  const seen = new MutationObserver(() => {
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
  });
  seen.observe(document.querySelector(to), { childList: true, subtree: true });
  if (value !== null) source.value = value;
  if (event === "submit") source.form.requestSubmit();
  else if (event === "click") source.click();
  else source.dispatchEvent(new Event(event));
})
"""
PART = "#user-lists details:not([open]) summary"


def clicks(page: Page, user: str, item: str) -> Iterator[tuple[str, float]]:
    """Press everything there is for a user and an item; give what each press took."""
    steps: list[tuple[str, list[str | None]]] = [
        ("a user", ["#user", user, "#user-lists", "submit"]),
        ("what a score is made of", [PART, None, "#user-lists", "click"]),
        ("why not an item", ["#why", item, "#why-told", "submit"]),
        ("beside a version", ["#other", "1", "#user-lists", "change"]),
        ("no version beside", ["#other", "", "#user-lists", "change"]),
        ("an item", ["#item", item, "#complements", "submit"]),
        ("an item of a list", ["#user-lists .title", None, "#complements", "click"]),
    ]
    for name, given in steps:
        yield name, page.evaluate(CLICK, given)


@contextmanager
def served(folder: Path) -> Iterator[int]:
    """Serve the page in a process of its own; give its port."""
    port = free_port()
    command = [sys.executable, __file__, "--serve", str(folder), str(port)]
    environment = {**os.environ, "RECSQL_SERVE_HISTORY_TOKEN": TOKEN}
    with subprocess.Popen(command, env=environment) as server:
        try:
            wait_for(server, port)
            yield port
        finally:
            server.terminate()


@contextmanager
def opened(port: int) -> Iterator[Page]:
    """Open the page, with the token for histories."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/")
        page.locator("#served", has_text="Version").wait_for()
        page.locator("#token").fill(TOKEN)
        page.keyboard.press("Enter")
        yield page
        browser.close()


def measure(project: Project, count: int) -> None:
    """Print a line per kind of click."""
    users, items = known(project)
    spent: dict[str, list[float]] = {}
    with served(project.root) as port, opened(port) as page:
        for number in range(count + 1):
            user = users[number * len(users) // (count + 1)]
            for name, took in clicks(page, user, items[number % len(items)]):
                if number:  # the first of each warms up
                    spent.setdefault(name, []).append(took)
    print(f"{len(users):,} users; {os.cpu_count()} cores; {count} of each click")
    print(f"{'click':26}  p50 ms  p95 ms  p99 ms")
    for name, given in [*spent.items(), ("all", list(chain(*spent.values())))]:
        p50, p95, p99 = np.percentile(given, [50, 95, 99])
        missed = " MISSED" if p95 > GOAL else ""
        print(f"{name:26} {p50:7.1f} {p95:7.1f} {p99:7.1f}{missed}")


def twice(folder: Path) -> Project:
    """Return the demo's project in a folder, with two published versions."""
    project = built(folder)
    pipeline.publish_tables(project, lambda event: None)
    return project


def serve(folder: Path, port: int) -> None:
    """Serve the page until killed."""
    from recsql.serving.run import Settings
    from recsql.serving.run import serve as run

    settings = Settings(port=port, has_journal=False, has_page=True)
    run(load_project(folder), settings, lambda text: None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="A project that is published.")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(Path(given.serve[0]), int(given.serve[1]))
    elif given.folder:
        measure(load_project(given.folder), given.users)
    else:
        with work_folder() as folder:
            measure(twice(folder), given.users)


if __name__ == "__main__":
    main()
