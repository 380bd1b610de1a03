{#- reason_text(): one sentence that says why rec_for_user shows a row.
    reason_text()  ->  case ranked.candidate_source when 'history' then ... end -#}
{% macro reason_text() -%}
    case
        when ranked.is_repeat
        then
            concat(
                'taken ',
                cast(user_items.basket_count as varchar),
                case when user_items.basket_count = 1 then ' time' else ' times' end,
                ', last on ',
                cast(cast(user_items.last_at as date) as varchar)
            )
        when ranked.candidate_source = 'rules'
        then concat('goes with ', because.title)
        when ranked.candidate_source = 'group_popular'
        then
            concat(
                'popular in ',
                replace(users.group_kind, '_', ' '),
                ' ',
                users.group_name
            )
        when ranked.candidate_source = 'popular'
        then 'popular with everyone'
        else 'people with a similar history take it'
    end
{%- endmacro %}
