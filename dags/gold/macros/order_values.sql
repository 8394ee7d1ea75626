{#- The lasting net sales per order (aov) of each store and its rank, as CTEs for mart_location_performance.

    A store with few orders can have a high or low aov by chance. The estimate is therefore a weighted mean of the
    store's own aov and the mean of all stores (empirical Bayes). The method is described in docs/methods.md. -#}

{#- CTEs from `totals`, a table with one row for each period_type, period_start, currency and restaurant_id, with
    orders, aov, and over all stores of the period and currency: peer_stores, peer_orders, peer_orders_squared,
    peer_net_sales and squares_within. `estimates` has the rows of `totals` with the estimate, `aov_ranks` the
    expected rank of each store that has one. -#}
{% macro estimates(totals) -%}
variances AS (
    -- order_variance: of the orders around the mean of their store, pooled over all stores. squares_between: of the
    -- means of the stores around the mean of the chain.
    SELECT
        *,
        IF(peer_stores >= 3, squares_within / NULLIF(peer_orders - peer_stores, 0)) AS order_variance,
        CAST(
            SUM(CAST(orders * POWER(aov - peer_net_sales / NULLIF(peer_orders, 0), 2) AS DECIMAL(38, 6))) OVER peers
            AS DOUBLE
        ) AS squares_between
    FROM {{ totals }}
    WINDOW peers AS (PARTITION BY period_type, period_start, currency)
),
store_variances AS (
    -- Method of moments (Buehlmann and Straub 1970): the part of squares_between that chance does not explain is the
    -- variance between the stores.
    SELECT
        *,
        GREATEST(
            0E0,
            (squares_between - (peer_stores - 1) * order_variance) / (peer_orders - peer_orders_squared / peer_orders)
        ) AS store_variance
    FROM variances
),
reliabilities AS (
    SELECT
        *,
        IF(
            aov IS NOT NULL AND order_variance IS NOT NULL,
            COALESCE(store_variance / NULLIF(store_variance + order_variance / orders, 0), 0E0)
        ) AS reliability
    FROM store_variances
),
overall_means AS (
    -- The mean of all stores and its variance. If the stores do not differ it is the mean of all orders.
    SELECT
        *,
        IF(
            store_variance > 0,
            CAST(SUM(CAST(reliability * aov AS DECIMAL(38, 12))) OVER peers AS DOUBLE)
            / CAST(SUM(CAST(reliability AS DECIMAL(38, 12))) OVER peers AS DOUBLE),
            peer_net_sales / peer_orders
        ) AS overall_mean,
        IF(
            store_variance > 0,
            store_variance / CAST(SUM(CAST(reliability AS DECIMAL(38, 12))) OVER peers AS DOUBLE),
            order_variance / peer_orders
        ) AS overall_mean_variance
    FROM reliabilities
    WINDOW peers AS (PARTITION BY period_type, period_start, currency)
),
estimates AS (
    SELECT
        *,
        reliability * aov + (1 - reliability) * overall_mean AS aov_shrunk,
        (1 - reliability) * store_variance + POWER(1 - reliability, 2) * overall_mean_variance AS aov_variance,
        -- The additional variance because store_variance is estimated from few stores (Morris 1983).
        2 * POWER((1 - reliability) * (aov - overall_mean), 2) / GREATEST(1, peer_stores - 3) AS shrinkage_variance
    FROM overall_means
),
pairs AS (
    -- Each store with each other store, and by how many standard deviations the other one is higher.
    SELECT
        store.period_type,
        store.period_start,
        store.currency,
        store.restaurant_id,
        (other.aov_shrunk - store.aov_shrunk) / GREATEST(SQRT(store.aov_variance + other.aov_variance), 1E-9)
            AS lead_of_other,
        store.aov_variance / NULLIF(store.aov_variance + other.aov_variance, 0) AS own_share
    FROM estimates AS store
    INNER JOIN estimates AS other
        ON other.period_type = store.period_type
        AND other.period_start = store.period_start
        AND other.currency = store.currency
        AND other.restaurant_id <> store.restaurant_id
    WHERE store.aov_shrunk IS NOT NULL
        AND other.aov_shrunk IS NOT NULL
),
pair_probabilities AS (
    SELECT
        *,
        NORMAL_CDF(0E0, 1E0, lead_of_other) AS other_is_better,
        COALESCE(EXP(-POWER(lead_of_other, 2) / 2) / SQRT(2 * PI()) * SQRT(own_share), 0E0) AS sensitivity
    FROM pairs
),
aov_ranks AS (
    -- The rank is 1 plus the number of better stores. The variance of this number is the sum of p (1 - p) and of the
    -- covariances: if a store is better than estimated, it is so in every pair. To first order the covariance of two
    -- pairs is the product of their sensitivities.
    SELECT
        period_type,
        period_start,
        currency,
        restaurant_id,
        1 + CAST(SUM(CAST(other_is_better AS DECIMAL(18, 12))) AS DOUBLE) AS expected_rank,
        CAST(
            SUM(CAST(other_is_better * (1 - other_is_better) AS DECIMAL(18, 12)))
            - SUM(CAST(sensitivity * sensitivity AS DECIMAL(18, 12))) AS DOUBLE
        ) + POWER(CAST(SUM(CAST(sensitivity AS DECIMAL(18, 12))) AS DOUBLE), 2) AS rank_variance
    FROM pair_probabilities
    GROUP BY period_type, period_start, currency, restaurant_id
)
{%- endmacro %}
