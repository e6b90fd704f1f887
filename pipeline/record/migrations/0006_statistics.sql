-- What every measure was at one event in sixteen (chosen by its id's hash), so that a threshold can be set where it
-- belongs. A sample is a row under its event's id, because a replay must not count it twice: the sketches are its sum.

CREATE TABLE IF NOT EXISTS measure_samples
(
    event_id       String,
    occurred_at    DateTime64(3, 'UTC'),
    config_version LowCardinality(String),
    -- detector.measure
    measures       Array(LowCardinality(String)),
    -- Of a logarithmic histogram: 0 for 0, 10000 for 1, one more for each 2.02 %; negative for negative values.
    bins           Array(Int16),
    arrival        UInt64,
    recorded_at    DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(arrival)
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (toStartOfHour(occurred_at), event_id)
TTL toDateTime(recorded_at) + INTERVAL 120 DAY;

-- A quantile sketch (DDSketch, relative error 1 %) for each detector, measure, configuration and hour: one row a bin.
-- The 99.9 % quantile of accounts on a device: SELECT quantileExactWeighted(0.999)(value, samples) FROM measure_sketches
-- WHERE detector = 'same-device' AND measure = 'accounts' AND hour >= now() - INTERVAL 7 DAY
CREATE VIEW IF NOT EXISTS measure_sketches AS
SELECT
    toStartOfHour(occurred_at) AS hour,
    substring(name, 1, length(name) - position(reverse(name), '.')) AS detector,
    substring(name, length(name) - position(reverse(name), '.') + 2) AS measure,
    config_version,
    bin,
    if(bin = 0, 0., sign(bin) * 2 * pow(1.01 / 0.99, abs(toInt32(bin)) - 10000) / (1.01 / 0.99 + 1)) AS value,
    count() AS samples
FROM measure_samples FINAL
ARRAY JOIN measures AS name, bins AS bin
GROUP BY hour, name, config_version, bin;

-- Detectors whose rate of findings has left its band; see sheepdog_detector_drift.
ALTER TABLE pipeline_stats ADD COLUMN IF NOT EXISTS drifting Array(LowCardinality(String));
