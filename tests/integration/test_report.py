"""`recsql report` in a headless browser: what a person sees, reaches and may trust."""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import yaml

from recsql.compilation.compiler import compile_project
from recsql.config import scaffold
from recsql.config.project import builtin_root, load_project
from recsql.engine.loader import load_table
from recsql.engine.warehouse import open_warehouse
from recsql.evaluation.backtest import run_backtest
from recsql.operation import pipeline
from recsql.report.content import SECTIONS
from recsql.report.page import write_report
from tests.integration.chromium import open_browser
from tests.integration.conftest import ITEMS, QUICK, USERS, Recsql, write_events

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
pytest.importorskip("vl_convert", reason="needs the extra report")
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"> & 'x' {{ 7 * 7 }}"
PAGE_COLOURS = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 19, 23)"}
PHONE = {"width": 390, "height": 844}
VARS: dict[str, Any] = {
    "items": {"table": "items", "item_id": "id", "title": "title", "category": "kind"},
    "exposures": {
        "table": "events",
        "user_id": "user_id",
        "item_id": "item_id",
        "surface": "'home'",
        "shown_at": "event_at - interval '1' hour",
        "clicked_at": "case when ascii(item_id[6]) % 2 = 0 then event_at end",
        "propensity": "0.1",
    },
    "experiments": [
        {
            "name": f"generated {HOSTILE}",
            "variants": {"control": 0.5, "treatment": 0.5},
            "starts_at": "2024-03-01",
        }
    ],
    "sample_sizes": [
        {"name": HOSTILE, "kind": "proportion", "baseline": 0.1, "uplift": 0.1}
    ],
    "candidate_sources": ["history", "rules", "content", "popular"],
    "surfaces": [
        {
            "name": name,
            "allow_repeat": allow,
            "length": 5,
            "personal": personal,
            "fallback": ["rules", "popular"],
        }
        for name, allow, personal in (
            ("home", "all", ["history"]),
            ("discover", "new_only", ["rules"]),
        )
    ],
    "min_item_baskets": 3,
    "content_max_item_share": 1.0,
    "eval_resamples": 50,
    "eval_order_bounds": [1, 4],
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose titles are an attack, refreshed, backtested and published."""
    folder = tmp_path_factory.mktemp("report") / "shop"
    scaffold.init_project(folder, "own-tables")
    settings = yaml.safe_load((folder / "dbt_project.yml").read_text())
    settings["vars"] = {**settings["vars"], **VARS}
    settings["vars"]["events"]["rating"] = "ascii(item_id[6]) % 5 + 1"
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(settings))
    write_events(folder / "events.csv")
    with (folder / "items.csv").open("w", newline="") as file:
        rows = [(x, f"{x} {HOSTILE}", f"<b>{n % 3}</b>") for n, x in enumerate(ITEMS)]
        csv.writer(file).writerows([("id", "title", "kind"), *rows])
    project = load_project(folder)
    with open_warehouse(project.profile.build_path, {}) as warehouse:
        for name in ("events", "items"):
            load_table(warehouse, "raw", name, [str(folder / f"{name}.csv")])
    pipeline.build(project, pipeline.Selection(), 2, lambda event: None)
    run_backtest(project, 28, 2, lambda event: None)
    pipeline.publish_tables(project, lambda event: None)
    write_report(project, folder / "report.html")
    return folder


def published(shop: Path, sql: str, *given: str) -> list[Any]:
    """Return the first column of a query over the published tables."""
    path = str(shop / "warehouse/recsql.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return [row[0] for row in connection.execute(sql, given).fetchall()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


def opened(browser: Browser, file: Path, **options: Any) -> Page:
    """Open a page, wait for the charts of open sections; it must neither complain
    nor fetch."""
    page = browser.new_page(**options)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(file.as_uri())
    charts = page.locator(".chart:visible")
    assert page.evaluate("window.drawn") == charts.count()
    assert [line for line in heard if not line.startswith("data:")] == [file.as_uri()]
    return page


@pytest.fixture(scope="module")
def page(browser: Browser, shop: Path) -> Page:
    return opened(browser, shop / "report.html")


def test_the_first_screen_says_whether_it_is_good(page: Page, shop: Path) -> None:
    hits = published(
        shop,
        "select metric_value * user_count from eval_summary where metric = 'hit_rate' "
        "and segment_kind = 'all' and allow_repeat = 'all' "
        "and list_name in ('popular', 'surface home') order by list_name desc",
    )
    told = page.locator("h1").inner_text()
    assert "home puts first for them" in told
    if hits[0] != hits[1]:
        assert re.search(r"a plain bestseller list reaches (\d|all|nobody)", told)
    summary = page.locator(".summary").inner_text()
    assert page.locator(".lights li strong").all_inner_texts() == ["home", "discover"]
    assert "No earlier version is kept" in summary
    assert len(published(shop, "select surface from eval_suggestions")) == len(
        re.findall(r"(Leave|Change) (home|discover)", summary)
    )
    box = page.locator(".summary").bounding_box()
    assert box is not None
    assert box["y"] + 100 < 720


def test_it_opens_on_a_user_whose_lists_differ(page: Page, shop: Path) -> None:
    shown = str(page.locator("#user-facts dd").first.inner_text())
    share = (
        "select max(share) from (select user_id, count(distinct item_id) / count(*) "
        "as share from rec_for_user {} group by user_id)"
    )
    (best,) = published(shop, share.format(""))
    (own,) = published(shop, share.format("where user_id = ?"), shown)
    assert own == best


def test_nobody_stays_after_a_look_up_that_failed(browser: Browser, shop: Path) -> None:
    page = opened(browser, shop / "report.html")
    for kind, word in (("user", "user"), ("item", "item")):
        search = page.locator(f"#{kind}-search")
        search.focus()
        page.keyboard.type("no such one")
        page.keyboard.press("Enter")
        said = page.locator(f"#{kind}-facts").inner_text()
        assert f"No {word} “no such one” is in this file" in said
        assert page.locator(f"#{kind}s ol.list li").count() == 0
    page.evaluate("location.hash = '#user=%E0%A4%A'")
    page.wait_for_function(
        "document.getElementById('user-facts').textContent.includes('%E0%A4%A')"
    )
    page.evaluate("location.hash = '#user=user%201'")
    page.locator("#user-list li").first.wait_for()
    search = page.locator("#user-search")
    search.focus()
    page.keyboard.type("not chosen")
    page.keyboard.press("Escape")
    assert search.input_value() == "user 1"
    page.close()


@pytest.fixture(scope="module")
def second(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same shop with a version 2 and a second backtest, both a little other."""
    copy = tmp_path_factory.mktemp("second") / "shop"
    shutil.copytree(shop, copy, symlinks=True)
    folder = copy / "warehouse/versions"
    shutil.copytree(folder / "1", folder / "2")
    manifest = folder / "2/manifest.json"
    manifest.chmod(0o600)
    manifest.write_text(manifest.read_text().replace('"version": 1', '"version": 2'))
    (folder / "2/recsql.duckdb").chmod(0o600)
    (copy / "warehouse/current").unlink()
    (copy / "warehouse/current").symlink_to("versions/2")
    with duckdb.connect(str(folder / "2/recsql.duckdb")) as db:
        db.execute(
            "update rec_for_user set item_rank = 3 - item_rank "
            "where user_id = 'user 1' and surface = 'home' and item_rank <= 2"
        )
    for file in (folder / "2/recsql.duckdb", copy / "warehouse/build.duckdb"):
        with duckdb.connect(str(file)) as db:
            for table in ("eval_runs", "eval_summary"):
                db.execute(
                    f"insert into {table} by name select * replace ('later' as run_id, "
                    f"generated_at + interval 1 day as generated_at) from {table}"
                )
            db.execute(
                "update eval_summary set metric_value = metric_value + 1 where run_id "
                "= 'later' and list_name = 'surface home' and metric = 'ndcg'"
            )
    write_report(load_project(copy), copy / "report.html")
    return copy


def test_two_versions_and_two_runs_side_by_side(browser: Browser, second: Path) -> None:
    page = opened(browser, second / "report.html")
    changed = page.locator(".summary > div").nth(1).inner_text()
    (users,) = published(
        second,
        "select count(distinct user_id) from rec_for_user where surface = 'home'",
    )
    assert f"home: 1 of {users:,} users has another list" in changed
    assert "home went from" in changed
    lists = page.locator("#versions tr", has_text="home").first.inner_text()
    assert lists.split()[1:5] == [str(users), "0", "0", "1"]
    assert "user 1" in page.locator("#versions").inner_text()
    rows = page.locator("#runs-rows tr")
    assert {row.locator("td").last.inner_text() for row in rows.all()} == {"better"}
    assert {row.locator("td").nth(4).inner_text() for row in rows.all()} == {"+1.0"}
    assert (
        "figures are the same and left out" in page.locator("#runs-said").inner_text()
    )
    second_run = page.locator("#run-second")
    second_run.select_option(index=1)
    assert "Choose a later" in page.locator("#runs-said").inner_text()
    page.close()


def test_lines_have_their_names_at_their_ends(browser: Browser, second: Path) -> None:
    page = opened(browser, second / "report.html")
    for section in ("orders", "runs"):
        drawing = page.locator(f"#{section} .chart svg")
        frame = drawing.bounding_box()
        labels = drawing.locator(".mark-text.role-mark text")
        boxes = [label.bounding_box() for label in labels.all()]
        assert frame is not None
        assert len(boxes) > 3
        tops = sorted(box["y"] for box in boxes if box)
        assert all(b - a > 10 for a, b in pairwise(tops))
        right = frame["x"] + frame["width"]
        assert all(box and box["x"] + box["width"] <= right + 1 for box in boxes)
    page.close()


def test_every_chart_is_drawn_named_and_a_table_too(page: Page) -> None:
    charts = page.locator(".chart")
    names = {chart.get_attribute("data-chart") for chart in charts.all()}
    assert names == {
        *("intervals", "segments", "coverage", "novelty", "ranks", "overlap"),
        *("popularity", "lorenz", "lifts", "policies"),
    }
    for chart in charts.all():
        drawing = chart.locator("svg")
        box = drawing.bounding_box()
        assert box is not None
        assert box["width"] > 200
        assert drawing.locator(".mark-symbol path, .mark-rect path").count() > 1 or (
            drawing.locator(".mark-line path").count() > 1
        )
        assert drawing.get_attribute("role") == "img"
        assert len(drawing.get_attribute("aria-label") or "") > 40
    tables = page.locator("figure details table")
    assert tables.count() == charts.count() - 1  # that of the intervals stands open
    assert all(table.locator("td").count() > 1 for table in tables.all())


def test_titles_are_text(page: Page) -> None:
    assert page.title() == "shop: recommendations, version 1"
    assert page.locator("img, b:not(.bars b)").count() == 0
    assert page.locator("script").count() == 3
    assert HOSTILE in page.locator("#item-complements").inner_text()
    assert HOSTILE in page.locator("#experiments h3").first.inner_text()


def test_a_user_is_found_by_keyboard(page: Page, shop: Path) -> None:
    search = page.locator("#user-search")
    search.focus()
    page.keyboard.type("O'NEI")
    assert search.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    assert search.input_value() == "bob o'neil"
    assert search.get_attribute("aria-expanded") == "false"
    assert "bob o'neil" in page.locator("#user-facts").inner_text()
    for surface in ("home", "discover"):
        page.get_by_role("tab", name=surface).click()
        expected = published(
            shop,
            "select item_title from rec_for_user where user_id = 'bob o''neil' "
            "and surface = ? order by item_rank",
            surface,
        )
        assert page.locator("#user-list .title").all_inner_texts() == expected
    taken = page.locator("#user-history .title").all_inner_texts()
    assert len(taken) > 3
    again = published(
        shop,
        "select item_title from rec_buy_again where user_id = 'bob o''neil' "
        "order by item_rank",
    )
    assert page.locator("#user-again .title").all_inner_texts() == again[:20]
    assert len(again) > 3
    page.get_by_text("what the score is made of").first.click()
    assert page.locator("#user-list .bars li").first.is_visible()


def test_arrows_choose_and_escape_closes(page: Page) -> None:
    search = page.locator("#user-search")
    search.focus()
    page.keyboard.type("user 1")
    options = page.locator("#user-options li")
    page.keyboard.press("ArrowDown")
    second = options.nth(1)
    assert second.get_attribute("aria-selected") == "true"
    assert search.get_attribute("aria-activedescendant") == second.get_attribute("id")
    page.keyboard.press("Escape")
    assert not options.first.is_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.type("nobody")
    assert "Nothing here matches" in options.first.inner_text()
    page.keyboard.press("Escape")


def test_an_item_is_found_and_leads_on(page: Page, shop: Path) -> None:
    page.locator("#item-search").focus()
    page.keyboard.type("sku-07")
    page.keyboard.press("Enter")
    assert ITEMS[7] in page.locator("#item-facts").inner_text()
    for place, table, column in (
        ("complements", "rec_complements", "related_title"),
        ("substitutes", "rec_substitutes", "related_title"),
    ):
        expected = published(
            shop,
            f"select {column} from {table} where item_id = ? and item_rank <= 10 "
            "order by item_rank",
            ITEMS[7],
        )
        assert expected
        assert page.locator(f"#item-{place} .title").all_inner_texts() == expected
    first = page.locator("#item-complements a").first
    title = first.inner_text()
    first.click()
    page.wait_for_function("document.activeElement.id == 'item-search'")
    assert page.locator("#item-search").input_value() == title


def test_figures_are_those_of_the_tables(page: Page, shop: Path) -> None:
    (figure,) = published(
        shop,
        "select metric_value from eval_summary where metric = 'ndcg' "
        "and list_name = 'surface home' and segment_kind = 'all'",
    )
    row = page.locator("#quality tr", has_text="surface home").first
    assert f"{figure:.4f}" in row.inner_text()
    errors = published(
        shop,
        "select metric_value from eval_summary where list_name = 'rating item_knn'",
    )
    told = page.get_by_label("Predicted ratings: table").inner_text()
    assert len(errors) >= 2
    assert all(f"{error:.4f}" in told or f"{error:.3f}" in told for error in errors[:2])
    (share,) = published(
        shop,
        "select 100 * avg((candidate_source = 'history')::int) from rec_for_user "
        "where surface = 'home'",
    )
    fills = page.locator("#sources tr", has_text="history").first
    assert f"{share:.1f} %" in str(fills.text_content())


def test_lists_are_valued_by_logged_exposures(page: Page, shop: Path) -> None:
    for estimator in ("snips", "ips"):
        expected = published(
            shop,
            "select policy_value from eval_policies where list_name = 'surface home' "
            "and estimator = ?",
            estimator,
        )
        page.locator("#policies select[name=estimator]").select_option(estimator)
        page.locator("#policies .chart").locator("svg").wait_for()
        mark = page.locator("#policies svg [aria-roledescription=point]")
        labels = [str(m.get_attribute("aria-label")) for m in mark.all()]
        (told,) = [label for label in labels if "surface home" in label]
        assert f"{expected[0]:.2%}" in told


def test_a_choice_draws_the_chart_anew(page: Page) -> None:
    marks = page.locator("#quality svg [aria-roledescription=point]")
    before = {mark.get_attribute("aria-label") for mark in marks.all()}
    page.locator("#quality select[name=metric]").select_option("recall@10")
    page.locator("#quality .chart").locator("svg").wait_for()
    after = {mark.get_attribute("aria-label") for mark in marks.all()}
    assert len(after) == len(before) > 2
    assert not before & after


def test_a_model_shows_what_it_reads(page: Page, shop: Path) -> None:
    page.mouse.move(0, 0)  # pointing at a model would show that one
    page.locator("[data-model=list_shown]").focus()
    dated = load_project(shop).with_vars({"as_of": "2024-01-01"})
    graph = compile_project(dated).graph
    for side, expected in (
        ("up", graph.ancestors("list_shown")),
        ("down", graph.descendants("list_shown")),
    ):
        chips = page.locator(f".chips .{side}").all_inner_texts()
        assert set(chips) == expected
    assert page.locator(".lineage path").count() == len(
        graph.nodes["list_shown"].parents
    ) + len(graph.children["list_shown"])
    assert "One row per" in page.locator("#model-about").inner_text()


def test_the_page_is_built_for_assistive_technology(page: Page) -> None:
    assert page.locator("h1").count() == 1
    assert page.locator("main > section").count() == page.locator("main h2").count()
    unnamed = "e => e.filter(e => !e.labels.length).length"
    assert page.locator("input, select").evaluate_all(unnamed) == 0
    assert page.locator("table").count() == page.locator("table caption").count()
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator(".scroll:not([tabindex])").count() == 0
    targets = page.locator("nav a").evaluate_all("e => e.map(e => e.hash)")
    assert all(page.locator(target).count() == 1 for target in targets)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, shop: Path, scheme: Any) -> None:
    phone = opened(
        browser,
        shop / "report.html",
        viewport=PHONE,
        color_scheme=scheme,
        is_mobile=True,
    )
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.evaluate("document.documentElement.scrollHeight / innerHeight") < 8
    assert phone.locator("details.part[open]").count() == 1
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.className") == "skip"
    background = phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (
        background == {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 19, 23)"}[scheme]
    )
    phone.locator("#orders summary h2").click()
    phone.locator("#orders .chart svg").wait_for()
    phone.goto(f"{phone.url}#user=bob%20o'neil")
    phone.wait_for_function("document.activeElement.id == 'user-search'")
    assert "bob o'neil" in phone.locator("#user-facts").inner_text()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.emulate_media(media="print")
    assert not phone.locator("nav").is_visible()
    assert phone.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    phone.close()


def test_what_is_not_there_says_how_to_get_it(
    browser: Browser, built_shop: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(built_shop, tmp_path / "shop", symlinks=True))
    write_report(load_project(copy), tmp_path / "report.html")
    page = opened(browser, tmp_path / "report.html")
    needs = " ".join(page.locator(".needs").all_inner_texts())
    assert "recsql backtest --last 28d" in needs
    assert "var experiments" in needs
    assert page.locator("#user-list > li").count() > 0
    page.close()


def test_drift_is_shown_once_refreshes_can_be_compared(
    browser: Browser, built_shop: Path, recsql: Recsql, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(built_shop, tmp_path / "shop", symlinks=True))
    few = ("--project", copy, "--vars", f"{{{QUICK}}}")
    for _ in range(2):
        assert recsql("refresh", *few).code == 0
    path = tmp_path / "report.html"
    assert recsql("report", "--output", path, *few).code == 0
    page = opened(browser, path)
    measured = published(
        copy, "select figure from mon_drift where statistic in ('psi', 'rbo')"
    )
    assert page.locator("#drift .chart").count() == 2
    assert page.locator("#drift figure tbody tr").count() == len(measured) > 2
    started = published(copy, "select run_id from mon_runs order by started_at desc")
    runs = page.locator("#drift > details > .scroll tbody th").all_inner_texts()
    assert runs == [run[:8] for run in started]
    page.close()


def test_without_the_build_it_tells_what_is_published(
    browser: Browser, shop: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(shop, tmp_path / "shop", symlinks=True))
    (copy / "warehouse/build.duckdb").unlink()
    write_report(load_project(copy), tmp_path / "report.html")
    page = opened(browser, tmp_path / "report.html")
    assert "read from the build" in page.locator("#users .needs").inner_text()
    assert page.locator("#user-list > li").count() == 5
    assert page.locator("#quality .chart svg").count() == 1
    page.close()


def test_the_sample_is_as_large_as_asked(
    shop: Path, recsql: Recsql, tmp_path: Path
) -> None:
    path = tmp_path / "few.html"
    command = ("report", "--project", shop, "--output", path, "--users", "3")
    done = recsql(*command, "--items", "5", "--user", "Ünal ☕")
    assert (done.code, done.err) == (0, "")
    assert re.search(r"wrote .*few\.html, \d\.\d MB", done.out)
    text = path.read_text()
    assert "Ünal ☕" in text
    listed = [user for user in USERS if f'"{user}"' in text]
    assert 3 <= len(listed) <= 4
    assert path.stat().st_size < (shop / "report.html").stat().st_size


def test_the_page_on_the_report_explains_every_part() -> None:
    text = (builtin_root() / "docs/report.md").read_text()
    for name in SECTIONS.values():
        assert f"| {name} | " in text


def test_errors_say_what_to_do(
    shop: Path, recsql: Recsql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recsql("init", tmp_path / "new")
    none = recsql("report", "--project", tmp_path / "new")
    assert (none.code, "Run: recsql refresh" in none.err) == (2, True)
    where = tmp_path / "new/dbt_project.yml/report.html"
    unwritable = recsql("report", "--project", shop, "--output", where)
    assert unwritable.code == 2
    assert str(where) in unwritable.err
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    missing = recsql("report", "--project", shop)
    assert (
        missing.code,
        "pip install 'recsql-recommender[report]'" in missing.err,
    ) == (2, True)
