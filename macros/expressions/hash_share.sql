{#- hash_share(content): a number in [0, 1) that is drawn from a text, the same wherever MD5
    is: its first 13 hexadecimal digits, read as a whole number, divided by 16^13.
    hash_share("'salt:7'")
    ->  (cast('0x' || substr(md5('salt:7'), 1, 13) as bigint) / power(2, 52)) -#}
{% macro hash_share(content) -%}
    (cast('0x' || substr(md5({{ content }}), 1, 13) as bigint) / power(2, 52))
{%- endmacro %}
