-- What people must see without asking the worker: refusals, warm-up, and everything that waits for somebody.

-- Why the last reload was refused, '' once one was taken.
ALTER TABLE pipeline_stats ADD COLUMN IF NOT EXISTS config_refused String;

-- Features that do not know enough yet to be measured by.
ALTER TABLE pipeline_stats ADD COLUMN IF NOT EXISTS warming Array(LowCardinality(String));

-- One row a case that waits for a person, as the engine holds it: an account is proposed once and appeals once.
CREATE VIEW IF NOT EXISTS open_cases AS
SELECT 'freeze' AS case_kind, argMaxIf(a.action_id, a.arrival, a.kind = 'propose') AS case_id, a.account_id AS account_id,
       maxIf(a.occurred_at, a.kind = 'propose') AS since, argMaxIf(a.actor, a.arrival, a.kind = 'propose') AS actor,
       argMaxIf(a.reason, a.arrival, a.kind = 'propose') AS reason, toInt64(0) AS amount_minor
FROM account_actions AS a FINAL
GROUP BY a.account_id
HAVING maxIf(a.arrival, a.kind = 'propose')
     > maxIf(a.arrival, a.kind IN ('freeze', 'unfreeze', 'expire', 'dismiss', 'uphold', 'clear'))
UNION ALL
SELECT 'appeal', argMaxIf(a.action_id, a.arrival, a.kind = 'appeal'), a.account_id, maxIf(a.occurred_at, a.kind = 'appeal'),
       argMaxIf(a.actor, a.arrival, a.kind = 'appeal'), argMaxIf(a.reason, a.arrival, a.kind = 'appeal'), toInt64(0)
FROM account_actions AS a FINAL
GROUP BY a.account_id
HAVING maxIf(a.arrival, a.kind = 'appeal') > maxIf(a.arrival, a.kind IN ('unfreeze', 'expire', 'uphold', 'clear'))
UNION ALL
SELECT 'order', a.action_id, a.account_id, a.occurred_at, a.actor, a.reason, toInt64(0)
FROM account_actions AS a FINAL
WHERE a.kind = 'request'
  AND a.action_id NOT IN (SELECT answers FROM account_actions FINAL WHERE kind IN ('confirm', 'withdraw', 'lapse'))
UNION ALL
SELECT any(toString(p.kind)), p.proposal_id, any(p.account_id), min(p.occurred_at), argMin(p.actor, p.arrival),
       argMin(p.reason, p.arrival), argMax(p.amount_minor, p.arrival)
FROM reward_proposals AS p FINAL
WHERE p.kind != 'hold'
GROUP BY p.proposal_id
HAVING argMax(p.state, p.arrival) = 'open';
