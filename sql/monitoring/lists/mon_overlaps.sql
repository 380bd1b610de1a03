-- One row per (user_id, surface) of mon_lists with a list in this refresh and when last
-- published: how much of it stayed.
-- overlap = rank-biased overlap (Webber, Moffat and Zobel 2010): first places weigh
-- most.
{{ config(enabled=var("refresh_history")) }}
with
    newer as (select * from {{ ref("mon_lists") }}),
    older as (select * from {{ ref("stg_refresh_lists") }}),

    aligned as ({{ aligned_lists("newer", "older", var("drift_depth")) }}),

    compared as ({{ rank_biased_overlaps("aligned", var("drift_depth")) }}),

    final as (select user_id, surface, overlap from compared)

select *
from final
