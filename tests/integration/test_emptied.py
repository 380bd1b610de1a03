"""A list that had rows and has none is not published, unless that is meant."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recsql.errors import ModelError
from tests.integration.conftest import Publish

pytestmark = pytest.mark.every_model


def delete(shop: Path, what: str) -> None:
    with duckdb.connect(str(shop / "warehouse/build.duckdb")) as file:
        file.execute(f"delete from main.{what}")


@pytest.mark.parametrize(
    ("gone", "named", "may_be_empty"),
    [
        ("rec_popular", "rec_popular (", "rec_popular"),
        ("rec_for_user", "rec_for_user (", "rec_for_user"),
        (
            "rec_for_user where surface = 'discover'",
            'surface "discover" of rec_for_user (',
            "rec_for_user",
        ),
        ("rec_complements", "rec_complements (", "all"),
    ],
)
def test_a_list_that_is_gone_is_not_published(
    shop: Path, publish: Publish, gone: str, named: str, may_be_empty: str
) -> None:
    before = (shop / "warehouse/current").readlink()
    delete(shop, gone)
    with pytest.raises(ModelError) as caught:
        publish(shop)
    message = str(caught.value)
    assert message.startswith(
        f"publish: empty now, but not in version 1, which stays: {named}"
    )
    assert "--vars '{may_be_empty: [" in message
    assert (shop / "warehouse/current").readlink() == before
    assert publish(shop, may_be_empty=[may_be_empty]).version == 2


def test_a_surface_that_is_no_longer_wanted_may_go(
    shop: Path, publish: Publish
) -> None:
    delete(shop, "rec_for_user where surface = 'discover'")
    home = {"name": "home", "allow_repeat": "all", "length": 5}
    home |= {"personal": ["history"], "fallback": ["popular"]}
    assert publish(shop, surfaces=[home]).version == 2
