{#- als_parameters(): the settings of als_fit and als_fold_in, from the vars als_*.
    als_parameters()  ->  {'factors':64, 'regularization':0.05, ...} -#}
{% macro als_parameters() -%}
    {
        'factors':{{ var("als_factors") | int }},
        'regularization':{{ var("als_regularization") | float }},
        'alpha':{{ var("als_alpha") | float }},
        'iterations':{{ var("als_iterations") | int }},
        'seed':{{ var("als_seed") | int }},
        'device':{{ text(var("als_device")) }}
    }
{%- endmacro %}
