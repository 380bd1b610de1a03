"""The page of `recsql serve --ui` in a browser: what one sees, types and presses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from recsql.config.project import Project, load_project
from recsql.engine.warehouse import open_warehouse
from recsql.publishing.publish import publish
from recsql.serving.limits import Tokens
from recsql.serving.service import Service
from tests.integration.chromium import open_browser
from tests.integration.served import HISTORY, Client, plan_of, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

PHONE = {"width": 390, "height": 844}
USER = "3"
HOSTILE = "<img src=x onerror=alert(1)></script>&amp;"
ODD = ["<script>alert(1)</script>", "a/b?c#d%2F e", "../..", 'O\'Neil "☕"', " "]


@pytest.fixture(scope="module")
def shop(served_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two kept versions: in the second, home's first items change places."""
    folder = tmp_path_factory.mktemp("ui") / "shop"
    shutil.copytree(served_project.root, folder, symlinks=True)
    plan = plan_of(load_project(folder))
    profile = plan.project.profile
    with duckdb.connect(str(profile.build_path)) as console:
        mine = f"from main.rec_for_user where user_id = {USER} and surface = 'home'"
        console.execute(
            "update main.rec_for_user set item_rank = 3 - item_rank "
            f"where user_id = {USER} and surface = 'home' and item_rank <= 2"
        )
        console.execute(f"delete {mine} and item_rank = 5")
        for table in ("rec_for_user", "rec_complements"):
            title = "item_title" if table == "rec_for_user" else "related_title"
            console.execute(f"update main.{table} set {title} = '{HOSTILE}'")
    with open_warehouse(profile.build_path, profile.settings) as warehouse:
        publish(replace(plan, project=plan.project), warehouse)
    return plan.project


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def service(browser: Browser, shop: Project) -> Iterator[tuple[Service, int]]:
    with running(shop, has_page=True, has_journal=True) as served:
        yield served


@contextmanager
def opened(browser: Browser, port: int, **options: Any) -> Iterator[Page]:
    """Open the page; nothing it does may reach the console or another host."""
    page = browser.new_page(**options)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("dialog", lambda dialog: heard.append(dialog.message))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator("#served", has_text="Version 2").wait_for()
    yield page
    assert heard == []
    home = f"http://127.0.0.1:{port}/"
    assert all(url.startswith((home, "data:")) and HISTORY not in url for url in asked)
    page.close()


@pytest.fixture
def page(browser: Browser, service: tuple[Service, int]) -> Iterator[Page]:
    with opened(browser, service[1]) as page:
        yield page


def look_up(page: Page, user: str) -> None:
    """Type a user and press Enter."""
    page.locator("#user").fill(user)
    page.keyboard.press("Enter")
    facts = page.locator("#user-facts dd").first
    page.wait_for_function(
        "given => document.querySelector('#user-facts dd')?.textContent === given",
        arg=user,
    )
    assert facts.text_content() == user


def give_token(page: Page) -> None:
    page.locator("#token").fill(HISTORY)
    page.keyboard.press("Enter")


def test_a_user_is_shown_as_the_routes_answer(
    page: Page, service: tuple[Service, int]
) -> None:
    look_up(page, USER)
    heads = page.locator("#user-lists h3").all_inner_texts()
    assert heads == ["home", "discover", "again", "shelf"]
    client = Client(service[1])
    ours = page.locator("#user-lists > div")
    for place, surface in enumerate(heads):
        rows = client.get("recommend", USER, surface=surface, is_shown="false")["rows"]
        lines = ours.nth(place).locator("ol > li")
        assert lines.count() == len(rows) > 0
        for line, row in zip(lines.all(), rows, strict=True):
            told = line.inner_text()
            assert line.locator(".title").inner_text() == row["item_title"]
            assert line.locator(".rank").inner_text() == str(row["item_rank"])
            assert row["source"] in told
            assert row["reason"] in told
    assert HOSTILE in page.locator("#user-lists").inner_text()
    assert page.locator("img").count() == 0


def test_histories_and_parts_need_the_token(
    page: Page, service: tuple[Service, int]
) -> None:
    look_up(page, USER)
    assert "needs the token" in page.locator("#history-told").inner_text()
    page.locator("#why").fill("101")
    page.keyboard.press("Enter")
    assert "needs the token" in page.locator("#why-told").inner_text()
    first = page.locator("#user-lists details").first
    first.locator("summary").press("Enter")
    page.locator("#user-lists details[open]", has_text="needs the token").wait_for()
    give_token(page)
    page.locator("#history li").first.wait_for()
    client = Client(service[1], token=HISTORY)
    taken = client.get("history", USER, k=200)["rows"]
    assert page.locator("#history li").count() == len(taken) > 0
    page.locator("#user-lists summary").first.press("Enter")
    page.locator("#user-lists .bars li").first.wait_for()
    rows = client.get("recommend", USER, surface="home", is_shown="false")["rows"]
    facts = client.get("explain", USER, rows[0]["item_id"])["rows"]
    own = [
        f for f in facts if (f["surface"], f["what"]) == ("home", "part of its score")
    ]
    parts = page.locator("#user-lists details[open] .bars li span:first-child")
    assert parts.all_inner_texts() == [f["reason"] for f in own]


def test_why_not_says_what_the_route_says(
    page: Page, service: tuple[Service, int]
) -> None:
    give_token(page)
    look_up(page, USER)
    client, seen = Client(service[1], token=HISTORY), set()
    for item in ("101", "105", "110", "no such item", *ODD[:1]):
        facts = client.get("explain", USER, item)["rows"]
        page.locator("#why").fill(item)
        with page.expect_response("**/explain/**"):
            page.keyboard.press("Enter")
        page.wait_for_function(
            "n => document.querySelectorAll('#why-list li').length === n",
            arg=len(facts),
        )
        told = "In no list" in page.locator("#why-told").inner_text()
        assert told is not bool(facts)
        seen.add(bool(facts))
    assert seen == {True, False}


def test_an_item_leads_on_by_keyboard(page: Page, service: tuple[Service, int]) -> None:
    look_up(page, USER)
    page.locator("#user-lists .title").first.press("Enter")
    page.locator("#complements li").first.wait_for()
    item = page.locator("#item").input_value()
    assert page.evaluate("document.activeElement.id") == "item"
    rows = Client(service[1]).get("items", item, "complements")["rows"]
    assert page.locator("#complements .rank").count() == len(rows) > 0
    assert (
        "add content to candidate_sources" in page.locator("#substitutes").inner_text()
    )


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_id_is_a_value(page: Page, odd: str) -> None:
    look_up(page, odd)
    assert "no: shown what is popular" in page.locator("#user-facts").inner_text()
    page.locator("#item").fill(odd)
    page.keyboard.press("Enter")
    page.locator("#complements", has_text="No rule starts from it.").wait_for()
    assert page.locator("body script, img").count() == 0


def test_an_id_that_no_browser_can_ask_for_is_told(page: Page) -> None:
    page.locator("#user").fill("..")
    page.keyboard.press("Enter")
    page.locator("#user-told.wrong", has_text="use curl").wait_for()


def test_two_versions_side_by_side(page: Page) -> None:
    look_up(page, USER)
    assert page.locator("#other option").all_inner_texts()[1].startswith("1 of ")
    page.locator("#other").select_option("1")
    home = page.locator("#user-lists > div").first
    home.locator("h4", has_text="version 1").wait_for()
    then = home.locator("ol").nth(1).locator("li")
    assert then.count() == 5
    # the second version has no fifth: the first of its reserve follows
    assert (
        "beside version 1: 1 new, 1 gone, 2 moved, 2 the same"
        in home.locator(".note").inner_text()
    )
    marks = home.locator("ol").first.locator(".mark").all_inner_texts()
    assert [mark.strip() for mark in marks][:2] == ["was 2", "was 1"]
    assert home.locator("ol").nth(1).locator(".mark").inner_text().strip() == "gone"
    look_up(page, "nobody")
    assert (
        "version 1 has no list for this user"
        in page.locator("#user-lists").inner_text()
    )
    page.locator("#other").select_option("")
    page.locator("#user-lists:not(.two)").wait_for()


@pytest.mark.parametrize(
    ("scheme", "color"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(16, 19, 23)")]
)
def test_it_fits_a_phone(
    browser: Browser, service: tuple[Service, int], scheme: Any, color: str
) -> None:
    with opened(
        browser, service[1], viewport=PHONE, color_scheme=scheme, is_mobile=True
    ) as phone:
        phone.keyboard.press("Tab")
        assert phone.evaluate("document.activeElement.className") == "skip"
        phone.keyboard.press("Enter")
        give_token(phone)
        look_up(phone, USER)
        phone.locator("#other").select_option("1")
        phone.locator("#user-lists.two").wait_for()
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        ground = phone.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == color
        unnamed = "e => e.filter(e => !e.labels.length).length"
        assert phone.locator("input, select").evaluate_all(unnamed) == 0


def test_looking_is_not_noted_as_shown(service: tuple[Service, int]) -> None:
    shown = service[0].shown
    assert shown is not None
    assert shown.written == 0


def test_only_the_flag_opens_it(service: tuple[Service, int], shop: Project) -> None:
    client = Client(service[1])
    for path in ("/", "/ui/page.js", "/ui/page.css"):
        assert client.ask("GET", path)[0] == 200
        assert "script-src 'self'" in client.headers_seen["content-security-policy"]
    for path in ("/ui/versions/9/3", "/ui/versions/../3", "/ui/versions/%C2%B2/3"):
        assert client.ask("GET", path)[0] == 404, path
    ask: Callable[..., Any] = client.ask
    assert ask("GET", "/ui/versions")[1]["kept"][0]["version"] == 1
    with running(shop) as (_, port):
        assert [Client(port).ask("GET", p)[0] for p in ("/", "/ui/versions")] == [
            404
        ] * 2


def test_with_a_token_for_all_the_page_opens_and_asks(
    browser: Browser, shop: Project
) -> None:
    tokens = Tokens("may ask", HISTORY)
    with running(shop, has_page=True, tokens=tokens) as (_, port):
        assert Client(port).ask("GET", "/ui/versions")[0] == 401
        assert Client(port).ask("GET", "/ui/versions/1/3")[0] == 401
        page = browser.new_page()
        heard: list[str] = []
        page.on("console", lambda message: heard.append(message.text))
        page.goto(f"http://127.0.0.1:{port}/")
        assert "asks for its token" in page.locator("#token-note").inner_text()
        give_token(page)
        page.locator("#served", has_text="Version 2").wait_for()
        look_up(page, USER)
        assert heard == []
        assert json.loads(page.evaluate("JSON.stringify({...localStorage})")) == {}
        page.close()
