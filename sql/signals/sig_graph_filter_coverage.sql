-- One row: how many items the graph filter looks at, and what all of them would need.
-- A matrix of n items needs 8 n^2 bytes; time grows with n^3.
{{ config(enabled="graph_filter" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),

    final as ({{ matrix_coverage(var("graph_filter_max_items") | int) }})

select *
from final
