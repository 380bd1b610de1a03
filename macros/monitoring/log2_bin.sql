{#- log2_bin(number): a bin of numbers as text: from a power of 2 to below the next, 0, or
    below 0. The factor lifts powers of 2 over the rounding of a logarithm.
    log2_bin("weight")  ->  case when weight > 0 then concat('2^', ... '2^3' is [8, 16) -#}
{% macro log2_bin(number) -%}
    case
        when {{ number }} > 0
        then
            concat(
                '2^',
                cast(
                    cast(
                        floor(
                            log2({{ number }} * cast(1.000000001 as double))
                        ) as integer
                    ) as varchar
                )
            )
        when {{ number }} < 0
        then 'below 0'
        else '0'
    end
{%- endmacro %}
