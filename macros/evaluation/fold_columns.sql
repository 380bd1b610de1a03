{#- fold_columns(): the columns that say what a row of a kept table speaks of: one fold of a
    run, or, where fold is null, the users of all its folds together; is_whole_run is true
    of the latter, and of the only fold of a run.
    fold_columns()  ->  cast(1 as integer) as fold, true as is_whole_run -#}
{% macro fold_columns() -%}
    {%- set run = var("eval_run") -%}
    cast({{ "null" if run["fold"] is none else run["fold"] | int }} as integer) as fold,
    {{ run["fold"] is none or run["folds"] | int == 1 }} as is_whole_run
{%- endmacro %}
