{#- run_verdict(): what the figures of two backtests say, aliased `earlier` and `later`, with their
    half_width; `definitions` says which way is better. NULL: there is no interval.
    run_verdict()  ->  case when abs(later.metric_value - ... then 'could be chance' ... end -#}
{% macro run_verdict() -%}
    case
        when
            abs(later.metric_value - earlier.metric_value) <= sqrt(
                earlier.half_width * earlier.half_width
                + later.half_width * later.half_width
            )
        then 'could be chance'
        when earlier.half_width is null
        then null
        when definitions.higher_is_better = (later.metric_value > earlier.metric_value)
        then 'better'
        else 'worse'
    end
{%- endmacro %}
