-- One row per date_day from 2015 on, 10,000 of them:
-- the days by which the metrics of _semantic.yml are followed.
{{ config(materialized="view") }}
with
    digits as (
        {% for digit in range(10) %}
            select {{ digit }} as digit
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    numbered as (
        select
            ones.digit
            + 10 * tens.digit
            + 100 * hundreds.digit
            + 1000 * thousands.digit as day_number
        from digits as ones
        cross join digits as tens
        cross join digits as hundreds
        cross join digits as thousands
    ),

    final as (
        select
            cast(
                {{
                    add_seconds(
                        "cast('2015-01-01' as timestamp)", "86400 * day_number"
                    )
                }} as date
            ) as date_day
        from numbered
    )

select *
from final
