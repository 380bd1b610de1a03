-- One row per (run_id, measure, part): how far a refresh is from its baseline.
-- psi = sum of (p - q) * ln(p / q), kl = sum of p * ln(p / q) (Kullback and Leibler
-- 1951):
-- p of this refresh, q of the baseline. By chance alone psi is (1/n + 1/m) * chi-square
-- (Yurdakul 2018); chance_bound is its 99.9 % quantile.
{{ config(enabled=var("refresh_history")) }}
with
    shares as (select * from {{ ref("mon_shares") }}),

    summed as (
        select
            run_id,
            measure,
            part,
            bin_count - 1 as freedom,
            1 / row_count + 1 / baseline_row_count as noise,
            {{ ratio("2", "9 * (bin_count - 1)") }} as spread,
            {{
                stable_sum(
                    "(bin_share - baseline_share) * ln(bin_share / baseline_share)"
                )
            }} as psi,
            {{ stable_sum("bin_share * ln(bin_share / baseline_share)") }} as kl
        from shares
        group by run_id, measure, part, bin_count, row_count, baseline_row_count
    ),

    final as (
        select
            run_id,
            measure,
            part,
            psi,
            kl,
            -- the quantile as the cube of a normal one (Wilson and Hilferty 1931)
            coalesce(
                noise
                * freedom
                * power(1 - spread + cast(3.0902 as double) * sqrt(spread), 3),
                0
            ) as chance_bound
        from summed
    )

select *
from final
