"""Source embedding, whatever its vectors are from, against dense cosines in NumPy."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recsql.compilation.compiler import require_vars
from recsql.config.project import builtin_root, load_project
from recsql.engine.checks import plan_checks
from recsql.engine.runner import run_models
from recsql.errors import RecsqlError
from tests.oracle.test_candidates import Scores, assert_candidates
from tests.oracle.test_content import vectors
from tests.word_vectors import WORDS, save_model
from tests.worlds import SMALL, World, plan_with, random_lines, tiny_world

Vectors = dict[int, Any]  # by item_id
ITEMS = load_project(builtin_root()).vars["items"]
WANTED = "+cand_content +int_item_codes"
SOURCES: dict[str, Any] = {
    "candidate_sources": ["embedding", "popular"],
    "undated_items_are_new": True,
}


def assert_nearest(world: World, given: Vectors) -> None:
    """Compare neighbours, and the scores made of them, with cosines of the vectors."""
    items = {row["item_index"]: row for row in world.dicts("int_items")}
    places = [i for i in items if items[i]["item_id"] in given]
    raw = np.array([given[items[i]["item_id"]] for i in places], dtype=float)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    unit = raw / np.where(lengths > 0, lengths, 1)
    cosine = dict(zip(places, unit @ unit.T, strict=True))
    at = {place: n for n, place in enumerate(places)}
    may = [i for i in places if items[i]["is_eligible"] or items[i]["is_new"]]
    near: dict[int, dict[int, float]] = defaultdict(dict)
    for row in sorted(
        world.dicts("sig_embedding_neighbours"), key=lambda r: int(r["neighbour_rank"])
    ):
        mine = near[row["item_index"]]
        mine[row["similar_item_index"]] = row["similarity"]
        assert row["neighbour_rank"] == len(mine)
    count = world.vars["content_neighbours"]
    for place in places:
        exact = {i: cosine[place][at[i]] for i in may if i != place}
        best = sorted((c for c in exact.values() if c > 1e-6), reverse=True)[:count]
        assert [*near[place].values()] == pytest.approx(best, abs=1e-5)
        for other, similarity in near[place].items():
            assert similarity == pytest.approx(exact[other], abs=1e-5)
    taken = defaultdict(list)
    for row in world.dicts("int_user_items"):
        taken[row["user_id"]].append(row)
    scores: Scores = defaultdict(lambda: defaultdict(float))
    for user, rows in taken.items():
        rows.sort(key=lambda r: r["item_index"])
        rows.sort(key=lambda r: (r["last_at"], r["weight"]), reverse=True)
        for row in rows[: world.vars["latest_items"]]:
            kept = [*near[row["item_index"]].items()]
            for other, similarity in kept[: world.vars["substitutes_per_item"]]:
                scores[user][items[other]["item_id"]] += row["weight"] * similarity
    assert_candidates(world, "embedding", scores)


def test_topics_are_a_truncated_svd_of_the_term_weights() -> None:
    given = {**SOURCES, "embed_dimensions": 6}
    with tiny_world(random_lines(3), wanted=WANTED, **given) as world:
        weights = vectors(world)
        terms = sorted({term for mine in weights.values() for term in mine})
        dense = [[mine.get(term, 0) for term in terms] for mine in weights.values()]
        left, values, _ = np.linalg.svd(np.array(dense), full_matrices=False)
        topics = left[:, :6] * values[:6]
        assert_nearest(world, dict(zip(weights, topics, strict=True)))
        (row,) = world.dicts("int_items where item_id = 999")
        place = str(row["item_index"])
        assert row["is_new"], "what was never sold has a vector and is near to others"
        assert world.rows(
            "from sig_embedding_neighbours where similar_item_index = " + place
        )


def of_item(item: int) -> list[float]:
    return [item % 3 - 1, item % 5 - 2, item % 7 - 3]


def test_vectors_of_the_catalogue_lead_and_make_items_new() -> None:
    """Items have no text at all here; item 4 has no vector, item 999 was never sold."""
    parts = ", ".join(f"product_id % {n} - {n // 2}" for n in (3, 5, 7))
    mapped = f"case when product_id <> 4 then [{parts}] end"
    items = {"table": "products", "item_id": "product_id", "embedding": mapped}
    given = {**SOURCES, "items": items, "substitutes_per_item": 8}
    with tiny_world(random_lines(4), wanted=WANTED, **given) as world:
        catalogue = world.rows("select item_id from int_items where item_id <> 4")
        assert_nearest(world, {item: of_item(item) for (item,) in catalogue})
        assert (
            world.rows("from sig_embedding_neighbours where similar_item_index < 0")
            == []
        )
        told = dict(world.rows("select item_id, is_new from int_items"))
        assert told[999]
        assert world.broken() == []


def test_a_list_may_come_as_text() -> None:
    """A CSV and JSON have their lists so; a blank cell is no vector."""
    text = (
        "case when product_id <> 4 then concat('[', product_id % 3, ', 1]') else '' end"
    )
    items = {"table": "products", "item_id": "product_id", "embedding": text}
    given = {**SOURCES, "items": items}
    wanted = WANTED + " +stg_item_embeddings"
    with tiny_world(random_lines(4), wanted=wanted, **given) as world:
        catalogue = world.rows("select item_id from stg_items where item_id <> 4")
        assert_nearest(world, {item: [item % 3, 1] for (item,) in catalogue})
        assert world.rows("from stg_items where item_id = 4 and has_embedding") == []
        assert world.broken() == []


WRONG = {
    "[1, nan, 2]": "3 entries, 2 of them finite numbers",
    "[]": "0 entries, 0 of them finite numbers",
    "[1, null, 2]": "3 entries, 2 of them finite numbers",
    "[1e300, 1, 2]": "3 entries, 2 of them finite numbers",
    "[1, 2]": "2 numbers; that of most items has another count",
    "a vector": "an embedding that is no list of numbers",
    "[1 2 3]": "1 entries, 0 of them finite numbers",
}


def test_a_vector_that_is_none_stops_the_refresh() -> None:
    """By a sentence for each item, not by an error of the model that reads it."""
    cases = " ".join(f"when {n} then '{text}'" for n, text in enumerate(WRONG, 3))
    mapped = f"case product_id {cases} else '[1, 2, 3]' end"
    given = {**SOURCES, "items": {**ITEMS, "embedding": mapped}}
    with tiny_world(random_lines(4), wanted=WANTED, **given) as world:
        plan = plan_with(**world.vars)
        checks = plan_checks(plan, ["stg_item_embeddings"], world.warehouse.kinds)
        (asked,) = (each.sql for each in checks if "_numbers" in each.name)
        told = dict(world.rows(f"select problem[6]::int, problem from ({asked})"))
        assert sorted(told) == [*range(3, 10)]
        for n, sentence in enumerate(WRONG.values(), 3):
            assert f"item {n} has " in told[n]
            assert sentence in told[n]
        assert world.broken()[0].endswith("(7 rows)")


def test_learned_factors_go_through_the_same_source() -> None:
    given: dict[str, Any] = {
        "candidate_sources": ["als", "embedding", "popular"],
        "embed": "als",
        "similar_items": ["als"],
        "similar_items_per_item": 8,
    }
    wanted = WANTED + " +sig_factor_neighbours"
    with tiny_world(random_lines(3), wanted=wanted, **given) as world:
        columns = "item_index, similar_item_index, similarity"
        same = (
            f"select count(*) from (select {columns} from sig_factor_neighbours "
            f"except select {columns} from sig_embedding_neighbours)"
        )
        assert world.rows(same) == [(0,)]
        assert world.rows("select count(*) > 90 from sig_factor_neighbours") == [
            (True,)
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static model of a few words, made here."""
    found = tmp_path_factory.mktemp("models") / "tiny"
    save_model(found)
    return found


def test_a_static_model_reads_each_text_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recsql.numerics import texts

    given = {**SOURCES, "embed": "static", "embed_folder": str(folder)}
    read: list[str] = []
    whole = texts.static_vectors

    def noted(asked: list[str], where: str) -> Any:
        read.extend(asked)
        return whole(asked, where)

    monkeypatch.setattr(texts, "static_vectors", noted)
    with tiny_world(random_lines(3), wanted=WANTED, **given) as world:
        told = world.rows("select item_id, item_text from int_items")
        assert sorted(read) == sorted({text for _, text in told})
        numbers = np.load(folder / "numbers.npy")
        known = {
            item: np.mean(
                [
                    numbers[WORDS.index(word)]
                    for word in re.findall(r"\w+", text)
                    if word in WORDS[1:]
                ],
                axis=0,
            )
            for item, text in told
        }
        assert_nearest(world, known)
        read.clear()
        world.rows(
            "update raw.products set product_type = 'type 7 8' where product_id = 2"
        )
        plan = plan_with(**{**SMALL, **given})
        names = plan.graph.select(WANTED.split())
        for result in run_models(plan, world.warehouse, names, 1):
            assert result.error is None
        assert read == ["type 7 8 category 2"]
        assert world.rows(
            "select count(*) = count(distinct text_hash) from sig_text_vectors"
        ) == [(True,)]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"embed": "mapped"}, "embed: mapped: var items maps no embedding."),
        ({"embed": "svd"}, "embed: svd: var candidate_sources does not list it"),
        (
            {"embed": "static"},
            "needs the whole path of a folder with a model. Seen: nothing",
        ),
        ({"embed": "static", "embed_folder": "models/one"}, "Write /"),
        ({"embed": "words"}, "embed"),
    ],
)
def test_vectors_that_cannot_be_are_refused_before_anything_is_built(
    given: dict[str, Any], told: str
) -> None:
    with pytest.raises(RecsqlError, match=re.escape(told)):
        require_vars(load_project(builtin_root()).with_vars({**SOURCES, **given}))


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    pytest.importorskip("model2vec")
    given = {**SOURCES, "embed": "static", "embed_folder": str(tmp_path)}
    with (
        pytest.raises(RecsqlError, match=r"embed_folder: .*: no model is there\."),
        tiny_world(random_lines(3), wanted="+sig_text_vectors", **given),
    ):
        pass
