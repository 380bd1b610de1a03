"""The service: every route, lists that stay full, versions that never mix."""

from __future__ import annotations

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import yaml

from recsql.config.experiments import variants_of
from recsql.config.project import Project, load_project
from recsql.errors import InputError, ProjectError, WarehouseError
from recsql.operation import pipeline
from recsql.publishing.publish import rollback
from recsql.publishing.versions import FILE, MANIFEST, Versions
from recsql.serving.limits import Limits, Tokens
from recsql.serving.routes import read_routes
from recsql.serving.run import Settings, open_service
from tests.integration.conftest import Recsql
from tests.integration.served import (
    HISTORY,
    ITEMS,
    Client,
    plan_of,
    publish_marked,
    running,
)
from tests.rankers import feature_names, rankers_table


@pytest.fixture(scope="module")
def project(served_project: Project) -> Project:
    return served_project


@pytest.fixture(scope="module")
def client(project: Project) -> Iterator[Client]:
    with running(project) as (_, port):
        yield Client(port)


@pytest.fixture
def own(project: Project, tmp_path: Path) -> Project:
    """A copy of the shop that a test may publish."""
    shutil.copytree(project.root, tmp_path / "shop", symlinks=True)
    return load_project(tmp_path / "shop")


def published(project: Project, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(project.profile.published_path), read_only=True) as db:
        return db.execute(sql).fetchall()


def items(answer: dict[str, Any]) -> list[int]:
    return [row["item_id"] for row in answer["rows"]]


def test_a_list_is_what_is_published(client: Client, project: Project) -> None:
    wanted: dict[tuple[int, str], list[int]] = {}
    for user, surface, item in published(
        project, "select user_id, surface, item_id from rec_for_user order by all"
    ):
        wanted.setdefault((user, surface), []).append(item)
    ranked = published(
        project,
        "select user_id, surface, item_id, reason, candidate_source, score "
        "from rec_for_user order by user_id, surface, item_rank",
    )
    for user, surface in wanted:
        answer = client.get("recommend", user, surface=surface)
        rows = [row for row in ranked if row[:2] == (user, surface)]
        length = {"home": 5}.get(surface, 4)
        shown = [(r["item_id"], r["reason"], r["source"]) for r in answer["rows"]]
        assert shown[: len(rows)] == [row[2:5] for row in rows]
        assert [r["score"] for r in answer["rows"]][: len(rows)] == [r[5] for r in rows]
        assert len(rows) == length or surface == "again" or user in (33, 35)
        assert (answer["version"], answer["list"]) == (1, "user")
        assert (answer["surface"], answer["is_known"]) == (surface, True)
        assert len(answer["run_id"]) == 36


def test_pages_follow_one_another(client: Client) -> None:
    whole = items(client.get("recommend", 7, k=15))
    pages = [items(client.get("recommend", 7, k=4, offset=n)) for n in (0, 4, 8, 12)]
    assert [item for page in pages for item in page][:15] == whole
    assert len(set(whole)) == 15


def test_lists_stay_full_of_what_may_be_shown(client: Client, project: Project) -> None:
    """Oracle: what passes, of the list, its reserve, and what is popular after them."""
    chance = random.Random(5)
    kinds = {n: f"kind {n % 4}" for n in ITEMS}
    for _ in range(60):
        user, surface = chance.randint(1, 40), chance.choice(["home", "discover"])
        given: dict[str, Any] = {"k": chance.randint(1, 8)}
        whole = items(client.get("recommend", user, surface=surface, k=40))
        allowed = set(whole)
        if chance.random() < 0.7:
            given["exclude"] = chance.sample(ITEMS, 6)
            allowed -= set(given["exclude"])
        if chance.random() < 0.5:
            given["in_stock"] = chance.sample(ITEMS, 25)
            allowed &= set(given["in_stock"])
        if chance.random() < 0.5:
            given["region"] = "south"
            allowed -= {n for n in ITEMS if n % 5 == 0}
        most = chance.choice([None, 1, 2])
        if most:
            given["max_per"] = {"category": most}
        answer = client.post(f"/recommend/{user}", {"surface": surface, **given})
        counts: Counter[str] = Counter()
        wanted = []
        for item in whole:
            if item in allowed and (not most or counts[kinds[item]] < most):
                counts[kinds[item]] += 1
                wanted.append(item)
        shown = items(answer)
        if "region" in given:  # what is popular there may come in another order
            assert len(shown) == min(given["k"], len(wanted))
            assert set(shown) <= allowed
        else:
            assert shown == wanted[: given["k"]]


def test_ranks_are_those_of_the_answer(client: Client) -> None:
    for answer, first in (
        (client.get("recommend", 7, k=20, offset=3, exclude=[101, 133, 111]), 4),
        (client.get("recommend", 7, k=30), 1),
        (client.post("/recommend/7", {"max_per": {"category": 2}, "k": 8}), 1),
        (client.get("items", 101, "complements", exclude=[134], k=5), 1),
        (client.post("/session", {"items": [101], "k": 30}), 1),
    ):
        ranks = [row["item_rank"] for row in answer["rows"]]
        assert ranks == [*range(first, first + len(ranks))]
        assert len(ranks) > 4


def test_what_no_list_has_is_shown_where_nothing_else_is_allowed(
    project: Project,
) -> None:
    """With nothing in reserve, and nothing popular: all that is allowed, then."""
    with running(project) as (service, port):
        client, lists = Client(port), service.version.lists
        assert isinstance(lists, dict)
        del lists["popular"], lists["reserve"]
        own = items(client.get("recommend", 7))
        others = [item for item in ITEMS if item not in own and item % 5][:3]
        answer = client.get("recommend", 7, only=[*others, own[0]], k=5)
        assert items(answer)[0] == own[0]
        assert set(items(answer)[1:]) == set(others)
        # who buys in the south is not shown what is only to be had in the north
        assert items(client.get("recommend", 7, only=[100, 105])) == []
        asked = {"only": [100, 101], "strategy": "score_all"}
        assert items(client.post("/recommend/7", asked)) == [101]
        asked["region"] = "north"
        assert set(items(client.post("/recommend/7", asked))) == {100, 101}


def test_what_one_user_may_be_shown_holds_for_every_answer(client: Client) -> None:
    """Filled up, scored, or of a session: blocks, lists of a user's own, catalogues."""
    south = {n for n in ITEMS if n % 5}
    kind_1 = {n for n in ITEMS if n % 4 == 1}
    cases: list[tuple[object, str, set[int]]] = [
        (31, "home", south - {101, 102, 104}),
        (32, "home", {n for n in ITEMS if n % 4 != 2}),
        (33, "home", {101, 103, 107}),
        (35, "home", set()),
        (6, "shelf", set(ITEMS)),
        (5, "shelf", kind_1 & south),
        (32, "shelf", {n for n in ITEMS if n % 4 != 2}),
        ("a-stranger", "shelf", kind_1),
    ]
    for user, surface, may in cases:
        asked = {"surface": surface, "k": 40, "exclude": ["x"]}
        for body in (asked, {**asked, "only": list(ITEMS)}):
            for strategy in ("list", "score_all"):
                shown = items(
                    client.post(f"/recommend/{user}", {**body, "strategy": strategy})
                )
                assert len(shown) == len(set(shown))
                assert set(shown) <= may, (user, surface, strategy)
                assert strategy == "list" or set(shown) == may
                assert "only" not in body or set(shown) == may
        visit = {"items": [102], "user": str(user), "surface": surface, "k": 40}
        assert set(items(client.post("/session", visit))) <= may


def test_what_a_user_dislikes_is_not_what_is_left(project: Project) -> None:
    with running(project) as (service, port):
        arrays, client = service.version.arrays, Client(port)
        assert arrays is not None
        assert arrays.history is not None
        assert isinstance(service.version.lists, dict)
        del service.version.lists["reserve"]  # it was made when nothing was disliked
        published = set(items(client.get("recommend", 8)))
        places, weights = arrays.history.row(arrays.users.numbers["8"])
        ids = [int(arrays.items.ids[place]) for place in places.tolist()]
        place = next(n for n, item in enumerate(ids) if item not in published)
        weights[place] = -1.0
        for strategy in ("list", "score_all"):
            asked = {"k": 100, "strategy": strategy, "exclude": ["x"]}
            shown = items(client.post("/recommend/8", asked))
            assert len(shown) > 25
            assert ids[place] not in shown


def test_a_region_that_no_rule_names_is_everywhere(client: Client) -> None:
    for path in ("complements", "page"):
        anywhere = client.get("items", 101, path)["rows"]
        assert anywhere
        assert client.get("items", 101, path, region="nowhere")["rows"] == anywhere
    asked: dict[str, Any] = {"items": [101]}
    anywhere = client.post("/basket", asked)["rows"]
    assert client.post("/basket", {**asked, "region": "nowhere"})["rows"] == anywhere


def test_what_is_popular_in_a_region_that_is_not_known(client: Client) -> None:
    everyone, south = client.get("popular"), client.get("popular", region="south")
    assert (everyone["region"], south["region"]) == ("all", "south")
    assert everyone["rows"]
    assert everyone["rows"] != south["rows"]
    assert client.get("popular", region="nowhere") == everyone


def test_new_only_stays_new_and_repeats_are_never_filled_up(
    client: Client, project: Project
) -> None:
    taken = published(project, "select user_id, item_id from serve_histories")
    for user in range(1, 41):
        own = {item for who, item in taken if who == user}
        assert not own & set(
            items(client.get("recommend", user, surface="discover", k=30))
        )
        again = client.get("recommend", user, surface="again", k=40)
        assert set(items(again)) <= own


def test_an_unknown_user_gets_the_list_of_the_region(
    client: Client, project: Project
) -> None:
    for region, of in (
        (None, "everyone"),
        ("south", "region"),
        ("nowhere", "everyone"),
    ):
        query = {} if region is None else {"region": region}
        answer = client.get("recommend", "a stranger", k=5, **query)
        assert (answer["is_known"], answer["list"]) == (False, of)
        name = region if of == "region" else "all"
        rows = published(
            project,
            f"select item_id from rec_popular where group_name = '{name}' "
            "order by item_rank limit 5",
        )
        assert items(answer) == [item for (item,) in rows]
        kind = {"region": "group_popular", "everyone": "popular"}[of]
        assert {row["source"] for row in answer["rows"]} == {kind}
    assert "popular in region south" in str(
        client.get("recommend", "x", region="south")
    )
    assert not any(
        n % 5 == 0 for n in items(client.get("recommend", "x", region="south"))
    )


def test_every_route_answers_with_its_version(client: Client) -> None:
    free = [
        client.get("items", 101, "complements"),
        client.get("items", 101, "page"),
        client.get("items", 101, "complements", region="south", k=3, exclude=[102]),
        client.get("popular"),
        client.get("popular", region="south", offset=2, k=2),
        client.post("/basket", {"items": [101, 102], "k": 4}),
    ]
    client.token = HISTORY
    guarded = [
        client.get("users-for-item", 101),
        client.get("history", 7),
        client.get("explain", 7, items(client.get("recommend", 7))[0]),
    ]
    client.token = ""
    for answer in (*free, *guarded):
        assert answer["rows"], answer
        assert (answer["version"], len(answer["run_id"])) == (1, 36)
        for row in answer["rows"]:
            assert row["source"]
            assert row["reason"]
    assert len(free[4]["rows"]) == 2
    assert not {101, 102} & set(items(free[5]))
    assert client.get("health") == {"status": "ok"}
    assert client.get("ready")["version"] == client.get("version")["version"] == 1
    text = client.ask("GET", "/metrics")[1]
    assert 'recsql_requests_total{route="recommend",status="200"}' in text
    assert "recsql_version 1.0" in text


def test_a_batch_is_the_lists_one_by_one(client: Client) -> None:
    asked = {"users": [1, 2, "a stranger", *range(3, 40)], "surface": "home", "k": 3}
    answers = client.post("/batch", asked)["answers"]
    for user, answer in zip(asked["users"], answers, strict=True):
        alone = client.get("recommend", user, surface="home", k=3)
        for one in (alone, answer):
            one.pop("request_id")
        assert answer == alone


def test_a_session_by_factors_is_folded_in(client: Client, project: Project) -> None:
    from recsql.numerics.factorize import AlsParameters, als_fold_in

    rows = published(
        project,
        "select item_id, als_factors from serve_items where is_eligible "
        "order by popularity_rank",
    )
    factors = np.array([row[1] for row in rows], dtype=np.float32)
    places = {item: place for place, (item, _) in enumerate(rows)}
    known = dict(
        published(
            project, "select item_id, weight from serve_histories where user_id = 7"
        )
    )
    for user, clicks in ((None, [101]), (None, [120, 103]), (7, [111])):
        weights = dict(known) if user else {}
        for click in clicks:
            weights[click] = weights.get(click, 0) + 1
        columns = np.array([places[item] for item in weights], dtype=np.int32)
        _, vectors = als_fold_in(
            np.zeros(len(columns), dtype=np.int32),
            columns,
            np.array(list(weights.values()), dtype=np.float32),
            factors,
            AlsParameters(8, 0.05, 5.0, 1, 42),
        )
        scores = factors @ vectors[0]
        order = [
            rows[n][0] for n in np.argsort(-scores, kind="stable") if scores[n] > 0
        ]
        south = [item for item in order if item % 5]  # where user 7 buys
        allowed = south if user else order
        wanted = [item for item in allowed if item not in clicks][:5]
        asked = {"items": clicks, "surface": "home", "method": "als"}
        answer = client.post("/session", asked | ({"user": user} if user else {}))
        shown = items(answer)
        assert shown[: len(wanted)] == wanted
        assert len(shown) == 5
        assert answer["list"] == "session"


def test_a_session_by_neighbours_sums_what_its_items_say(
    client: Client, project: Project
) -> None:
    similar: dict[int, dict[int, float]] = {}
    for item, other, similarity in published(
        project, "select item_id, related_item_id, similarity from serve_neighbours"
    ):
        similar.setdefault(item, {})[other] = similarity
    clicks = [101, 117, 104]
    scores: Counter[int] = Counter()
    for place, click in enumerate(clicks, 1):
        for other, similarity in similar[click].items():
            scores[other] += place / 3 * similarity
    best = [item for item, _ in scores.most_common() if item not in clicks][:5]
    answer = client.post("/session", {"items": clicks, "method": "neighbours"})
    assert items(answer) == best
    assert all(row["reason"].startswith("like item ") for row in answer["rows"])


def test_a_session_by_past_sessions(client: Client, project: Project) -> None:
    """VMIS-kNN, written down again in a dozen lines."""
    past: dict[int, set[int]] = {}
    for session, item in published(
        project, "select session_number, item_id from serve_sessions"
    ):
        past.setdefault(session, set()).add(item)
    clicks = [101, 117, 104]
    alike = {
        number: sum((place + 1) / 3 for place, c in enumerate(clicks) if c in content)
        for number, content in past.items()
    }
    nearest = sorted((n for n in past if alike[n]), key=lambda n: (-alike[n], n))[:100]
    held = Counter(item for content in past.values() for item in content)
    scores: Counter[int] = Counter()
    for number in nearest:
        back = next(n for n, c in enumerate(reversed(clicks)) if c in past[number])
        for item in past[number]:
            scores[item] += alike[number] * (1 - 0.1 * back)
    for item in scores:
        scores[item] *= np.log(len(past) / held[item])
    best = [item for item, _ in scores.most_common() if item not in clicks][:5]
    answer = client.post("/session", {"items": clicks, "method": "vmis_knn"})
    assert items(answer) == best
    assert {row["source"] for row in answer["rows"]} == {"vmis_knn"}


def test_a_session_obeys_the_surface_and_the_request(
    client: Client, project: Project
) -> None:
    taken = published(project, "select item_id from serve_histories where user_id = 7")
    asked = {"items": [101], "user": 7, "surface": "discover", "k": 8, "exclude": [105]}
    for method in ("als", "neighbours", "vmis_knn"):
        answer = client.post("/session", {**asked, "method": method, "region": "south"})
        shown = items(answer)
        assert not {101, 105, *(item for (item,) in taken)} & set(shown)
        assert not any(item % 5 == 0 for item in shown)
    unknown = client.post("/session", {"items": [999_999], "k": 3})
    assert unknown["unknown_items"] == 1
    assert items(unknown) == items(client.get("popular", k=3))


def test_all_that_is_allowed_is_scored(client: Client, project: Project) -> None:
    """Reciprocal rank fusion of weight, ALS and popularity, by an oracle."""
    rows = published(
        project,
        "select items.item_id, weight, list_inner_product(items.als_factors, "
        "users.als_factors) from serve_items as items cross join serve_users as users "
        "left join serve_histories as own using (user_id, item_id) "
        "where user_id = 7 order by popularity_rank",
    )
    stock = list(ITEMS[::2])
    allowed = [row for row in rows if row[0] in stock and row[0] % 5]
    scores: Counter[int] = Counter()
    orders = [
        allowed,
        sorted((r for r in allowed if r[1]), key=lambda r: -r[1]),
        sorted((r for r in allowed if r[2] > 0), key=lambda r: -r[2]),
    ]
    for order in orders:
        for rank, row in enumerate(order, 1):
            scores[row[0]] += 1 / (60 + rank)
    asked = {"strategy": "score_all", "in_stock": stock, "k": 6, "surface": "home"}
    answer = client.post("/recommend/7", asked)
    best = sorted(scores.values(), reverse=True)[:6]
    assert [row["score"] for row in answer["rows"]] == pytest.approx(best)
    assert [scores[item] for item in items(answer)] == pytest.approx(best)
    assert answer["scored"] == len(allowed)
    assert set(answer["ms"]) == {"filter", "score", "rank"}


@pytest.mark.slow
def test_all_that_is_allowed_is_scored_by_the_ranker(own: Project) -> None:
    """Pairs of sources as the refresh scored them; others by what is known of both."""
    lightgbm = pytest.importorskip("lightgbm", reason="needs extra rank")
    vars_given = {"ranker": True, "ranker_depth": 3}
    file = own.root / "dbt_project.yml"
    settings = yaml.safe_load(file.read_text())
    settings["vars"] |= vars_given
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    project = load_project(own.root)
    plan = plan_of(project)
    with duckdb.connect(str(project.profile.build_path)) as console:
        rankers = rankers_table(plan)
        console.register("rankers", rankers)
        console.execute("create or replace table raw.rankers as from rankers")
    pipeline.refresh(project, 2, lambda event: None)
    with running(project) as (_, port):
        asked = {"strategy": "score_all", "only": list(ITEMS), "k": 40}
        asked |= {"surface": "home", "region": "north"}
        answer = Client(port).post("/recommend/7", asked)
        assert answer["scored_by"] == "ranker"
        stranger = Client(port).post("/recommend/a-stranger", {**asked, "k": 3})
        assert stranger["scored_by"] == "fusion"
    with duckdb.connect(str(project.profile.build_path), read_only=True) as db:
        scored = dict(
            db.execute(
                "select item_id, score from rank_scores where user_id = 7"
            ).fetchall()
        )
        names = feature_names(plan)
        rows = db.execute(
            "select items.item_id, rank_items.*, rank_users.*, "
            "list_inner_product(i.als_factors, u.als_factors) as factor_product, "
            "list_cosine_similarity(i.als_factors, u.als_factors) as factor_cosine "
            "from int_items as items join rank_items using (item_index) "
            "join serve_items as i using (item_id) cross join serve_users as u "
            "cross join rank_users join int_users on u.user_id = int_users.user_id "
            "and int_users.user_index = rank_users.user_index where u.user_id = 7"
        )
        columns = [each[0] for each in rows.description]
        found = [dict(zip(columns, row, strict=True)) for row in rows.fetchall()]
        ((booster,),) = db.execute("select booster from stg_rankers").fetchall()
    values = np.array([[row.get(name, np.nan) for name in names] for row in found])
    trees = lightgbm.Booster(model_str=booster).predict(values.astype(np.float32))
    wanted = {row["item_id"]: each for row, each in zip(found, trees, strict=True)}
    wanted |= scored
    assert 0 < len(scored) < len(ITEMS) - 5
    shown = {row["item_id"]: row["score"] for row in answer["rows"]}
    assert shown == pytest.approx({item: wanted[item] for item in shown})
    assert set(shown) == set(ITEMS)
    assert list(shown.values()) == sorted(shown.values(), reverse=True)


def test_variants_are_those_of_the_table(client: Client, project: Project) -> None:
    rows = published(
        project, "select experiment, user_id, variant from exp_assignments"
    )
    wanted: dict[int, dict[str, str]] = {user: {} for user in range(1, 41)}
    for experiment, user, variant in rows:
        wanted[user][experiment] = variant
    planned = project.vars["experiments"]
    assert {user: variants_of(planned, user) for user in wanted} == wanted
    assert len({str(found) for found in wanted.values()}) > 2
    for user, found in wanted.items():
        answer = client.get("recommend", user, surface="home")
        assert answer["variant"] == found.get("page")
        other = client.get("recommend", user, surface="discover")
        assert other["variant"] == found.get("mail")


def test_twenty_publishes_under_load(own: Project) -> None:
    """Every answer is of one version, whole, and no request fails; rollback, too."""
    plan = plan_of(own)
    versions = [publish_marked(plan, "mark 0")]
    seen: list[tuple[int, set[str]]] = []
    problems: list[object] = []
    ends = threading.Event()

    def load(port: int, seed: int) -> None:
        chance, client = random.Random(seed), Client(port)
        try:
            while not ends.is_set():
                if chance.random() < 0.2:
                    answer = client.get("items", chance.choice(ITEMS), "complements")
                else:
                    given = {"k": 15, "exclude": [chance.choice(ITEMS)]}
                    given = given if chance.random() < 0.5 else {"k": 15}
                    answer = client.get("recommend", chance.randint(1, 40), **given)
                reasons = {row["reason"] for row in answer["rows"]}
                seen.append((answer["version"], {r for r in reasons if "mark" in r}))
                time.sleep(0.01)  # leave publishing some of the processor
        except Exception as error:
            problems.append(error)

    with running(own) as (service, port):
        threads = [threading.Thread(target=load, args=(port, n)) for n in range(3)]
        for thread in threads:
            thread.start()
        for number in range(1, 21):
            versions.append(publish_marked(plan, f"mark {number}"))
            wait_for(lambda: service.version.number == versions[-1])
        back = rollback(own)
        wait_for(lambda: service.version.number == back)
        before = len(seen)
        wait_for(lambda: len(seen) > before + 10)
        ends.set()
        for thread in threads:
            thread.join()
        assert service.follower.failures == 0
    marks = {version: f"mark {n}" for n, version in enumerate(versions)}
    assert problems == []
    assert all(found <= {marks[version]} for version, found in seen)
    assert len({version for version, _ in seen}) >= 15
    assert sum(bool(found) for _, found in seen) > 100
    assert back == versions[-2]


def wait_for(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_build_and_its_lock_are_left_alone(own: Project) -> None:
    build = own.profile.build_path
    build.write_bytes(b"no database at all")
    before = {path: path.stat().st_mtime_ns for path in own.root.rglob("*")}
    with running(own) as (_, port):
        assert Client(port).get("recommend", 7)["rows"]
    assert {path: path.stat().st_mtime_ns for path in own.root.rglob("*")} == before


def test_a_version_that_cannot_be_opened_leaves_the_one_before(own: Project) -> None:
    with running(own) as (service, port):
        client = Client(port)
        broken = service.follower.versions.path(9)
        shutil.copytree(service.follower.versions.path(1), broken)
        (broken / "recsql.duckdb").chmod(0o600)
        (broken / "recsql.duckdb").write_bytes(b"x" * 5_000)
        service.follower.versions.show(9)
        wait_for(lambda: service.follower.failures > 0)
        assert client.get("recommend", 7)["version"] == 1
        service.follower.versions.show(1)
        assert client.get("recommend", 7)["version"] == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "alter table rec_for_user drop column propensity",
            'has no column "propensity", which queries/serve/recommend.sql reads',
        ),
        (
            "alter table serve_items drop column is_eligible",
            'has no column "is_eligible", which queries/serve/service_items.sql reads',
        ),
        ("", "its manifest is of another version of recsql: it says nothing of 'vars'"),
    ],
)
def test_a_version_that_lacks_what_is_read(
    own: Project, change: str, words: str
) -> None:
    folder = Versions(own.profile.folder).path(1)
    (folder / FILE).chmod(0o600)
    if change:
        with duckdb.connect(str(folder / FILE)) as file:
            file.execute(change)
    else:
        (folder / MANIFEST).chmod(0o600)
        (folder / MANIFEST).write_text('{"run_id": "x", "published_at": "2024-01-01"}')
    with pytest.raises(WarehouseError) as told:
        open_service(own, Settings(has_journal=False))
    assert words in str(told.value)
    assert str(told.value).endswith("Publish anew: recsql refresh")
    assert "\n" not in str(told.value)


def test_tables_and_columns_that_only_a_route_reads(own: Project) -> None:
    folder = Versions(own.profile.folder).path(1)
    (folder / FILE).chmod(0o600)
    with duckdb.connect(str(folder / FILE)) as file:
        file.execute("drop table rec_popular")
        file.execute("alter table rec_complements drop column rule_pass")
    with running(own) as (_, port):
        client = Client(port)
        for path, what in (
            ("/items/101/complements", 'no column "rule_pass"'),
            ("/popular", 'no table "rec_popular"'),
        ):
            status, told = client.ask("GET", path)
            assert (status, told["error"]["code"]) == (404, "not_published")
            assert what in told["error"]["message"]
        assert client.get("recommend", 7)["rows"]


TOP = """-- One row per item and how many users have it, by a floor.
-- @get /kinds/{kind}/top
-- @param kind text: A category.
-- @param at_least integer = 1: Users at least.
select item_id, item_title, user_count, category as source, 'many have it' as reason
from {{ ref("serve_items") }}
where category = $kind and user_count >= $at_least
order by user_count desc, item_id
"""


def test_a_file_is_a_route(own: Project) -> None:
    folder = own.root / "queries/serve"
    folder.mkdir(parents=True)
    (folder / "top.sql").write_text(TOP)
    project = load_project(own.root)
    with running(project) as (_, port):
        client = Client(port)
        answer = client.get("kinds", "kind 1", "top", at_least=3, k=50)
        counts = [row["user_count"] for row in answer["rows"]]
        assert counts == sorted(counts, reverse=True)
        assert min(counts) >= 3
        assert {row["source"] for row in answer["rows"]} == {"kind 1"}
        empty = client.get("kinds", "x' or '1'='1", "top")
        assert empty["rows"] == []
        document = client.get("openapi.json")["paths"]["/kinds/{kind}/top"]["get"]
        assert document["summary"].startswith("One row per item and how many")
        fields = {each["name"]: each for each in document["parameters"]}
        assert fields["kind"]["in"] == "path"
        assert fields["at_least"]["schema"]["type"] == "integer"
        assert fields["at_least"]["description"] == "Users at least."
        assert client.ask("GET", "/kinds/a/top?at_least=many")[0] == 422


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("-- @get /a/{b}\n", "{b} in its path needs an @param"),
        ("-- @fetch /a\n", "@fetch: not known"),
        ("-- @get a b\n", "write a path such as"),
        ("-- @get /a\n-- @param x word: X.\n", "TYPE is text, texts, integer"),
        ("-- @get /a\n-- @param x integer = many: X.\n", '"many" is no integer'),
        ("-- @get /a\n-- @param x text: X.\n", "parameter x is not used in the SQL"),
        ("-- @get /a\n-- @post /a\n", "give one @get or @post"),
        ("-- @get /popular\n", "is the route of"),
        ("-- @get /a\n-- @index item_id = x\n", "write COLUMN = PARAMETER"),
    ],
)
def test_a_header_that_is_wrong(own: Project, header: str, words: str) -> None:
    folder = own.root / "queries/serve"
    folder.mkdir(parents=True)
    (folder / "mine.sql").write_text(f"-- One row per x.\n{header}select 1 as x")
    with pytest.raises(ProjectError, match=r"queries/serve/mine\.sql") as told:
        read_routes(load_project(own.root))
    assert words in str(told.value)


def test_who_may_see_what(project: Project) -> None:
    with running(project, tokens=Tokens("w0rd", HISTORY)) as (_, port):
        nobody, reader, trusted = (
            Client(port),
            Client(port, "w0rd"),
            Client(port, HISTORY),
        )
        assert nobody.ask("GET", "/recommend/7")[0] == 401
        assert nobody.ask("GET", "/metrics")[0] == 401
        assert nobody.ask("GET", "/health")[0] == 200
        for wrong in ("w0rd2", "w\xf6rd", "w0rd\xff"):
            assert Client(port, wrong).ask("GET", "/recommend/7")[0] == 401
        assert reader.ask("GET", "/recommend/7")[0] == 200
        for path in ("/history/7", "/explain/7/101", "/users-for-item/101"):
            assert reader.ask("GET", path)[0] == 403
            assert trusted.ask("GET", path)[0] == 200
    with running(project, tokens=Tokens()) as (_, port):
        status, told = Client(port).ask("GET", "/history/7")
        assert (status, told["error"]["code"]) == (403, "no_history")
        assert Client(port, "anything").ask("GET", "/history/7")[0] == 403


def test_others_are_let_in_with_a_token_only(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECSQL_SERVE_TOKEN", raising=False)
    for host in ("0.0.0.0", "::", "shop.example"):
        with pytest.raises(InputError, match="RECSQL_SERVE_TOKEN"):
            open_service(project, Settings(host=host, has_journal=False))
    monkeypatch.setenv("RECSQL_SERVE_TOKEN", "w0rd")
    service = open_service(project, Settings(host="0.0.0.0", has_journal=False))
    assert "w0rd" not in repr(service.tokens)


HOSTILE = [
    "' or '1'='1",
    "1; drop table rec_for_user",
    "a/b/../..",
    "%00",
    "\x00",
    "☕",
    "<script>alert(1)</script>",
    "x" * 900,
    "$user",
    "{{ 7*7 }}",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_ids_are_values(client: Client, project: Project, text: str) -> None:
    routes = read_routes(project)
    own = open_service(project, Settings(has_journal=False)).version
    own.lists = {}  # as where there are more rows than memory holds
    given = {"user": text, "surface": "home"}
    assert own.rows(routes["recommend"], given, 9).items == []
    assert len(own.rows(routes["recommend"], {**given, "user": "7"}, 9).items) == 5
    client.token = HISTORY
    for answer in (
        client.get("recommend", text),
        client.get("history", text),
        client.get("explain", text, text),
        client.get("items", text, "complements", region=text),
        client.get("popular", region=text),
        client.post("/session", {"items": [text], "user": text, "region": text}),
        client.post("/basket", {"items": [text]}),
    ):
        assert answer["version"] == 1
    client.token = ""
    assert client.ask("GET", "/recommend/7?surface=" + "%27")[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nothing", None, 404, "no_route"),
        ("DELETE", "/recommend/7", None, 405, "no_method"),
        ("GET", "/recommend/7?k=0", None, 422, "invalid"),
        ("GET", "/recommend/7?k=201", None, 422, "invalid"),
        ("GET", "/recommend/7?k=a", None, 422, "invalid"),
        ("GET", "/recommend/7?offset=-1", None, 422, "invalid"),
        ("GET", "/recommend/7?surfce=home", None, 422, "invalid"),
        ("GET", "/recommend/7?k=1&k=2", None, 422, "invalid"),
        ("GET", "/recommend/7?max_per=colour:1", None, 422, "unknown_column"),
        ("GET", "/recommend/7?surface=x", None, 404, "unknown_surface"),
        ("GET", "/recommend/%ff", None, 422, "invalid"),
        ("GET", "/users-for-item/7", None, 403, "no_history"),
        ("POST", "/batch", b"{", 422, "invalid"),
        ("POST", "/batch", {"users": []}, 422, "invalid"),
        ("POST", "/batch", {"users": ["x"] * 1001}, 422, "too_many_users"),
        ("POST", "/batch", {"users": [None]}, 422, "invalid"),
        ("POST", "/batch", {"users": [True]}, 422, "invalid"),
        ("POST", "/session", {"items": ["x" * 1001]}, 422, "invalid"),
        ("POST", "/batch", b"x" * 1_100_000, 413, "too_large"),
        ("POST", "/events", {"events": [{"user": 1, "item": 2}]}, 404, "no_journal"),
    ],
)
def test_what_is_wrong_is_told_in_one_form(
    client: Client, method: str, path: str, body: Any, status: int, code: str
) -> None:
    asked = Client(client.port)
    seen, told = asked.ask(method, path, body, Content_Type="application/json")
    assert (seen, told["error"]["code"]) == (status, code)
    assert set(told) == {"error"}
    assert set(told["error"]) == {"status", "code", "message"}
    assert asked.headers_seen["x-content-type-options"] == "nosniff"
    assert asked.headers_seen["cache-control"] == "no-store"
    assert "default-src 'none'" in asked.headers_seen["content-security-policy"]
    assert "server" not in asked.headers_seen


def test_a_body_without_its_length_is_cut_off(client: Client) -> None:
    asked = Client(client.port)
    parts = (b"x" * 100_000 for _ in range(30))
    asked.connection.request(
        "POST",
        "/batch",
        parts,
        {"Content-Type": "application/json"},
        encode_chunked=True,
    )
    assert asked.connection.getresponse().status == 413


def test_another_type_and_another_host_are_refused(client: Client) -> None:
    status, told = Client(client.port).ask("POST", "/batch", b"{}", Content_Type="a/b")
    assert (status, told["error"]["code"]) == (415, "not_json")
    status, told = Client(client.port).ask("GET", "/health", Host="evil.example")
    assert (status, told["error"]["code"]) == (421, "wrong_host")


def test_one_client_asks_so_often_only(project: Project) -> None:
    with running(project, limits=Limits(rate=5)) as (_, port):
        client = Client(port)
        answers = [client.ask("GET", "/health")[0] for _ in range(30)]
        assert answers[:10] == [200] * 10
        assert 429 in answers
        assert int(client.headers_seen["retry-after"]) >= 1


def test_no_trace_leaves_the_house(
    project: Project, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with running(project) as (service, port):
        monkeypatch.setattr(service, "lists", lambda *given: 1 / 0)
        status, told = Client(port).ask("GET", "/recommend/7")
        assert (status, told["error"]["code"]) == (500, "failed")
        assert "division" not in str(told)
        assert Client(port).get("health") == {"status": "ok"}


def test_nothing_is_published(tmp_path: Path, recsql: Recsql) -> None:
    recsql("init", tmp_path / "shop")
    done = recsql("serve", "--project", tmp_path / "shop")
    assert done.code == 2
    assert "has no published version. Run: recsql refresh" in done.err
