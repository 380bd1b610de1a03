-- One row per (experiment, variant): var experiments as a table.
-- A user whose bucket is in [bucket_from, bucket_to) gets the variant.
{{ config(enabled=var("experiments") | length > 0) }}
with
    final as (
        {% for experiment in var("experiments") %}
            {% set last_experiment = loop.last %}
            {% set parts = experiment["variants"].values() | map("float") | list %}
            {% set starts_at = text_or_null(experiment.get("starts_at")) %}
            {% set ends_at = text_or_null(experiment.get("ends_at")) %}
            {% set surface = text_or_null(experiment.get("surface")) %}
            {% for variant in experiment["variants"] %}
                select
                    {{ text(experiment["name"]) }} as experiment,
                    {{ text(variant) }} as variant,
                    {{ loop.index0 }} as variant_number,
                    cast(
                        {{ parts[loop.index0] / (parts | sum) }} as double
                    ) as planned_share,
                    cast(
                        {{ parts[: loop.index0] | sum / (parts | sum) }} as double
                    ) as bucket_from,
                    cast(
                        {{ parts[: loop.index] | sum / (parts | sum) }} as double
                    ) as bucket_to,
                    {{ text(experiment.get("salt", experiment["name"])) }} as salt,
                    cast(
                        {{ experiment.get("share", 1) | float }} as double
                    ) as user_share,
                    {{ text(experiment.get("population", "assigned")) }} as population,
                    cast({{ surface }} as varchar) as surface,
                    cast({{ starts_at }} as timestamp)
                    - interval '{{ experiment.get("pre_days", 28) | int }}' day
                    as pre_from_at,
                    cast({{ starts_at }} as timestamp) as starts_at,
                    cast({{ ends_at }} as timestamp) as ends_at
                {% if not (last_experiment and loop.last) %}
                    union all
                {% endif %}
            {% endfor %}
        {% endfor %}
    )

select *
from final
