{#- latest_run(relation): the body of a CTE of a query in queries/: what the latest backtest
    wrote to a table of layer evaluation about all its folds together.
    latest_run(ref("eval_summary"))
    ->  select * from main.eval_summary where is_whole_run and run_id = (select ... -#}
{% macro latest_run(relation) %}
    select *
    from {{ relation }}
    where
        is_whole_run
        and run_id
        = (select arg_max(run_id, (generated_at, run_id)) as run_id from {{ relation }})
{% endmacro %}
