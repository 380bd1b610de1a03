-- A surface that names a source nobody builds would silently show less than was meant.
{{ config(severity="warn") }}
with
    stages as (select * from {{ ref("list_stages") }}),
    lists as (select * from {{ ref("list_shown") }}),

    final as (
        select
            concat(
                'surface ',
                surface,
                ' names source ',
                candidate_source,
                ', which var candidate_sources does not list'
            ) as problem
        from stages
        where
            candidate_source not in (
                'blend',
                'ranker'
                {% for source in var("candidate_sources") %}
                    , {{ text(source) }}
                {% endfor %}
            )
            and exists (select 1 from lists)
    )

select *
from final
