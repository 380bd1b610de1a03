{#- repeat_number(): 1 for the line of several that stays by var repeated_lines (the first,
    or under `latest` the last), 2 for its repeat ...; where they are alike any of them.
    repeat_number()  ->  row_number() over (partition by ... order by event_at) -#}
{% macro repeat_number() -%}
    {%- set way = "desc" if var("repeated_lines") == "latest" else "asc" -%}
    row_number() over (
        {{ repeat_keys() }}
        order by
            event_at {{ way }}
            {%- if var("repeated_lines") != "exact" %}
                ,
                basket_id {{ way }},
                quantity {{ way }},
                amount {{ way }},
                rating {{ way }},
                region {{ way }}
            {%- endif %}
    )
{%- endmacro %}
