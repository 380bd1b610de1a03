-- One row: how many items SAR looks at, and what all of them would need.
-- A matrix of n items needs 8 n^2 bytes.
{{ config(enabled="sar" in var("candidate_sources")) }}
with
    items as (select * from {{ ref("int_items") }}),

    final as ({{ matrix_coverage(var("sar_max_items") | int) }})

select *
from final
