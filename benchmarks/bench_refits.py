"""What a kept fit saves and costs: the demo's last days arrive one by one.

    python benchmarks/bench_refits.py [--days 15] [--every 1 7 14] [--source als]

Each day's lines are added and the models refreshed, in one warehouse per refit_every.
Printed per warehouse, as means over all days but the first: seconds of the fit and of
the users' factors; NDCG@10 of what the users took in the 28 days after each day, over
all items and over new ones; and the rank-biased overlap of the first 10 new items with
those of the day before, and with those of the first refit_every on the same day.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import mean

from common import build_demo, compile_demo, opened, work_folder

from recsql.compilation.compiler import Plan
from recsql.engine.runner import run_models
from recsql.engine.warehouse import Warehouse

KEPT, HELD_OUT, DEPTH, PERSISTENCE = "transaction_timestamp", 28, 10, 0.9
TRUTH = """
    select distinct users.user_id, items.item_id, known.item_id is null as is_new
    from arrived.transactions as later
    inner join main.int_users as users on later.household_id = users.user_id
    inner join main.int_items as items on later.product_id = items.item_id
    left join
        main.int_user_items as known
        on users.user_id = known.user_id and items.item_id = known.item_id
    where
        items.is_eligible
        and later.quantity > 0
        and users.order_count > 0
        and transaction_timestamp > timestamp '{day}'
        and transaction_timestamp <= timestamp '{day}' + to_days({held_out})
"""
NDCG = """
    with
        truth as ({truth}),
        wanted as (select * from truth where is_new or {all}),
        lists as (
            select user_id, item_id, row_number() over (
                partition by user_id order by item_rank) as place
            from main.cand_factors where not is_repeat or {all}
        ),
        gains as (
            select wanted.user_id, sum(1 / log2(place + 1)) as gain
            from wanted inner join lists using (user_id, item_id)
            where place <= {depth} group by wanted.user_id
        ),
        ideals as (
            select user_id, list_sum(list_transform(
                range(1, least(count(*), {depth}) + 1), lambda p: 1 / log2(p + 1)
            )) as ideal
            from wanted group by user_id
        )
    select avg(coalesce(gain, 0) / ideal) from ideals left join gains using (user_id)
"""
Lists = dict[object, list[object]]


@dataclass
class Shop:
    """One warehouse and what was measured in it, a number per day."""

    plan: Plan
    warehouse: Warehouse
    lists: Lists = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def refresh(self, day: str, source: str) -> None:
        """Let the lines until a day arrive, build, and measure."""
        self.warehouse.rows(
            "create or replace table raw.transactions as from arrived.transactions "
            f"where {KEPT} <= timestamp '{day}'"
        )
        names = self.plan.graph.select(["+cand_factors", "+mon_fits"])
        fit = (f"sig_{source}_model", "sig_user_factors", "sig_refit")
        seconds = 0.0
        for result in run_models(self.plan, self.warehouse, names, 1):
            if result.error:
                raise result.error
            seconds += result.seconds
            if result.name in fit:
                self.figures[f"seconds of {result.name}"].append(result.seconds)
        self.figures["seconds of all"].append(seconds)
        ((drift,),) = self.warehouse.rows("select max(drift) from mon_fits")
        self.figures["drift"].append(drift)
        truth = TRUTH.format(day=day, held_out=HELD_OUT)
        for name, every in (("all", "true"), ("new", "false")):
            query = NDCG.format(truth=truth, all=every, depth=DEPTH)
            ((figure,),) = self.warehouse.rows(query)
            self.figures[f"ndcg@10 {name}"].append(figure)
        firsts = self.warehouse.rows(
            "select user_id, list(item_id order by item_rank) from main.cand_factors "
            f"where not is_repeat and kind_rank <= {DEPTH} group by user_id"
        )
        before, self.lists = self.lists, dict(firsts)
        self.figures["rbo with the day before"].append(overlap(before, self.lists))


def overlap(one: Lists, other: Lists) -> float:
    """Return the mean rank-biased overlap (RBO_ext of lists of equal length)."""
    found = [rbo(one[user], other[user]) for user in one.keys() & other.keys()]
    return mean(found) if found else 1.0


def rbo(one: list[object], other: list[object]) -> float:
    """Return equation 32 of Webber, Moffat and Zobel 2010."""
    depth = min(len(one), len(other))
    shares = [len({*one[:d]} & {*other[:d]}) / d for d in range(1, depth + 1)]
    terms = [share * PERSISTENCE**d for d, share in enumerate(shares, 1)]
    return (1 - PERSISTENCE) / PERSISTENCE * sum(terms) + terms[-1]


def loaded(warehouse: Warehouse, every: int, source: str) -> Shop:
    """Load the demo, whose lines have yet to arrive."""
    sources = compile_demo().project.vars["candidate_sources"]
    plan = compile_demo(refit_every=every, candidate_sources=[*{*sources, source}])
    build_demo(warehouse, plan, ["stg_items"])
    warehouse.rows("create schema arrived")
    warehouse.rows("create table arrived.transactions as from raw.transactions")
    return Shop(plan, warehouse)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=15)
    parser.add_argument("--every", type=int, nargs="+", default=[1, 7, 14])
    parser.add_argument("--source", default="als")
    asked = parser.parse_args()
    with work_folder() as folder, ExitStack() as stack:
        shops = [
            loaded(
                stack.enter_context(opened(folder, f"every_{every}")),
                every,
                asked.source,
            )
            for every in asked.every
        ]
        ((last,),) = shops[0].warehouse.rows(
            f"select max({KEPT}) - to_days({HELD_OUT + asked.days - 1}) "
            "from arrived.transactions"
        )
        for number in range(asked.days):
            ((day,),) = shops[0].warehouse.rows(
                f"select timestamp '{last}' + to_days({number})"
            )
            for shop in shops:
                shop.refresh(str(day), asked.source)
                shop.figures["rbo with the first"].append(
                    overlap(shops[0].lists, shop.lists)
                )
            said = (f"{shop.figures['ndcg@10 new'][-1]:.4f}" for shop in shops)
            print(day, "ndcg@10 new", *said, flush=True)
        print("refit_every", *asked.every, sep="\t")
        for name in shops[0].figures:
            means = (f"{mean(shop.figures[name][1:]):.4f}" for shop in shops)
            print(name, *means, sep="\t")
        drifts = (f"{drift:.3f}" for drift in shops[-1].figures["drift"])
        print("drift by day, last shop", *drifts)


if __name__ == "__main__":
    main()
