{#- var(name, default): dbt's own, which also notes a hash of the value in the model's meta. So
   state:modified finds the models that read a changed var, be it through a macro. In a root project
   it is that of other packages, too, which have defaults. recsql has its own.
   {{ var("trend_days") }} -> 28, and meta {"var trend_days": "33e75ff0..."} -#}
{% macro var(name) %}
    {% set found = builtins.var(name, *varargs, **kwargs) %}
    {% if config is defined %}
        {% do config(meta={"var " ~ name: local_md5(found | string)}) %}
    {% endif %}
    {{ return(found) }}
{% endmacro %}
