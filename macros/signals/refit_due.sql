{#- refit_due(this, refit, owners): the body of a CTE with one row where a model is to be fitted, else none:
    sig_refit says that a fit is due, and the one in the table is older. `refit` is a
    CTE of sig_refit, `owners` of int_owners.
    refit_due(this, "refit", "owners")  ->  select greatest(now, refit.fitted_at) as fitted_at, ... from refit -#}
{% macro refit_due(this, refit, owners) %}
    select
        greatest(
            {{ refit }}.fitted_at, {{ as_timestamp(run_started_at) }}
        ) as fitted_at,
        (select max(changed_at) from {{ owners }}) as refreshed_at
    from {{ refit }}
    {% if is_incremental() %}
        where
            {{ refit }}.fitted_at > (
                select coalesce(max(fitted_at), timestamp '1970-01-01 00:00:00')
                from {{ this }}
            )
    {% endif %}
{% endmacro %}
