-- Where spend is going. Each view has a twin that looks from another moment: cost_forecast_at(at = '2026-11-20 12:00:00').
-- The forecast of a tenant's calendar month (UTC): what is spent, plus for each day that is left the mean of the last seven whole days times
-- the weight of its weekday (its mean over the last 28 days by the mean of all; 1 before there are 14 days). Single days above the median by more than
-- five deviations are cut down to that first. The band holds 8 of 10 months if days are independent; it is NULL before there are 7 days,
-- and the forecast is NULL without one whole day. Calls that are not priced are left out, and counted.
CREATE OR REPLACE VIEW {db}.cost_forecast_at AS
WITH
    {at:DateTime('UTC')} AS now_at,
    toDate(now_at, 'UTC') AS today,
    toStartOfMonth(today) AS month,
    dateDiff('second', toStartOfDay(now_at, 'UTC'), now_at) / 86400 AS passed
SELECT
    tenant,
    month,
    spent_usd,
    if(history_days = 0, NULL, round(toFloat64(spent_usd) + rest_usd, 6)) AS forecast_usd,
    if(history_days < 7, NULL, round(toFloat64(spent_usd) + greatest(0, rest_usd - band_usd), 6)) AS low_usd,
    if(history_days < 7, NULL, round(toFloat64(spent_usd) + rest_usd + band_usd, 6)) AS high_usd,
    history_days,
    not_priced
FROM
(
    SELECT
        tenant,
        spent_usd,
        not_priced,
        history_days,
        arrayMap(ago -> usd_of[toUInt16(ago)], range(1, history_days + 1)) AS history,
        arrayReduce('median', history) AS middle,
        1.4826 * arrayReduce('median', arrayMap(usd -> abs(usd - middle), history)) AS deviation,
        arrayMap(usd -> if(deviation > 0, least(usd, middle + 5 * deviation), usd), history) AS calm,
        arrayMap(ago -> toDayOfWeek(today - ago), range(1, history_days + 1)) AS weekdays,
        arrayAvg(calm) AS overall,
        arrayAvg(arraySlice(calm, 1, 7)) AS level,
        arrayMap(weekday -> if(history_days < 14 OR overall <= 0, 1,
            arrayAvg(arrayFilter((usd, other) -> other = weekday, calm, weekdays)) / overall), range(1, 8)) AS weights,
        arrayMap(ahead -> (toDayOfWeek(today + ahead), if(ahead = 0, 1 - passed, 1)), range(0, toUInt16(toLastDayOfMonth(today) - today + 1))) AS left,
        level * arraySum(arrayMap(one -> weights[one.1] * one.2, left)) AS rest_usd,
        1.2816 * sqrt(arraySum(arrayMap(one -> one.2, left)))
            * arrayReduce('stddevSamp', arrayMap((usd, weekday) -> usd - overall * weights[weekday], history, weekdays)) AS band_usd
    FROM
    (
        SELECT
            tenant,
            if(countIf(day >= month) = 0, toDecimal128(0, 12), sumIf(cost_usd, day >= month)) AS spent_usd,
            sumIf(u.not_priced, day >= month) AS not_priced,
            toUInt16(least(28, today - min(day))) AS history_days,
            sumMapIf(map(toUInt16(today - day), toFloat64(ifNull(cost_usd, 0))), today - day BETWEEN 1 AND 28) AS usd_of
        FROM {db}.usage_lines AS u
        WHERE started_at <= now_at AND booked_at <= now_at
        GROUP BY tenant
    )
);

CREATE OR REPLACE VIEW {db}.cost_forecast AS
SELECT * FROM {db}.cost_forecast_at(at = toString(now('UTC')));

-- The last hour of each tenant and model against the same hour of the last 14 days. It is unusual above all of these: the median and six
-- deviations, twice the median, half more than in the same hour of the last two weeks, and `least_usd`. `since` is the start of the first of the
-- unbroken hours above. Before there are 3 days nothing is said (NULL): a budget is what guards a beginner.
CREATE OR REPLACE VIEW {db}.cost_anomalies_at AS
WITH {at:DateTime('UTC')} AS now_at
SELECT
    tenant,
    provider,
    served_model,
    last_hour_usd,
    not_priced,
    if(days < 3, NULL, round(middle, 6)) AS usual_usd,
    if(days < 3, NULL, round(top, 6)) AS limit_usd,
    if(days < 3, NULL, toFloat64(ifNull(last_hour_usd, 0)) > top) AS is_unusual,
    if(is_unusual, now_at - toIntervalHour(hours), NULL) AS since,
    days AS history_days
FROM
(
    SELECT
        tenant,
        provider,
        served_model,
        last_hour_usd,
        not_priced,
        days,
        arrayMap(day -> usd_of[toUInt16(24 * day)], range(1, days + 1)) AS history,
        arrayReduce('median', history) AS middle,
        1.4826 * arrayReduce('median', arrayMap(usd -> abs(usd - middle), history)) AS deviation,
        greatest(middle + 6 * deviation, 2 * middle, 1.5 * greatest(usd_of[168], usd_of[336]), toFloat64({least_usd:Decimal(38, 12)})) AS top,
        arrayFirstIndex(hour -> usd_of[toUInt16(hour)] <= top, range(0, 24 * days)) AS first_calm,
        if(first_calm = 0, 24 * days, first_calm - 1) AS hours
    FROM
    (
        SELECT
            tenant,
            provider,
            served_model,
            if(countIf(hours_ago = 0) = 0, toDecimal128(0, 12), sumIf(u.cost_usd, hours_ago = 0)) AS last_hour_usd,
            sumIf(u.not_priced, hours_ago = 0) AS not_priced,
            toUInt16(least(14, intDiv(max(hours_ago), 24))) AS days,
            sumMap(map(hours_ago, toFloat64(ifNull(u.cost_usd, 0)))) AS usd_of
        FROM
        (
            SELECT tenant, provider, served_model, cost_usd, not_priced, toUInt16(intDiv(dateDiff('second', started_at, now_at), 3600)) AS hours_ago
            FROM {db}.usage_lines
            WHERE started_at <= now_at AND started_at > now_at - INTERVAL 15 DAY AND booked_at <= now_at
        ) AS u
        GROUP BY tenant, provider, served_model
    )
);

CREATE OR REPLACE VIEW {db}.cost_anomalies AS
SELECT * FROM {db}.cost_anomalies_at(at = toString(now('UTC')), least_usd = '1');
