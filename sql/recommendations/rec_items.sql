-- One row per item_id: what is known of an item, how it sells, and whether it may be
-- shown; where it may not, the first step that removes it from every list.
{% set names = (var("items").get("attributes") or {}) | sort %}
with
    items as (select * from {{ ref("int_items") }}),
    obstacles as (select * from {{ ref("elig_obstacles") }}),
    {% if names %}
        attributes as (select * from {{ ref("stg_item_attributes") }}),

        worded as (
            select
                item_id,
                concat_ws(
                    '; '
                    {% for name in names %}
                        ,
                        max(
                            case
                                when attribute = {{ text(name) }}
                                then concat({{ text(name) }}, ': ', attribute_value)
                            end
                        )
                    {% endfor %}
                ) as attributes
            from attributes
            group by item_id
        ),
    {% endif %}

    final as (
        select
            items.item_id,
            items.title as item_title,
            items.category,
            {% if names %} nullif(worded.attributes, '')
            {% else %} cast(null as varchar)
            {% endif %} as attributes,
            items.available_from,
            items.available_to,
            items.first_at,
            items.last_at,
            items.taken_count,
            items.basket_count,
            items.user_count,
            items.is_new,
            obstacles.item_id is null as is_eligible,
            obstacles.obstacle,
            {{ run_stamp() }}
        from items
        left join obstacles on items.item_id = obstacles.item_id
        {% if names %} left join worded on items.item_id = worded.item_id {% endif %}
    )

select *
from final
