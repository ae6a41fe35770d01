-- One row per campaign whose verdict, status or number of accounts differs between the newest night and the one published before.
WITH nights AS (
  SELECT max(as_of_date) AS tonight FROM attribution.runs
), before AS (
  SELECT max(as_of_date) AS night FROM attribution.runs WHERE as_of_date < (SELECT tonight FROM nights)
)
SELECT now.name, now.campaign_id, old.as_of_date AS compared_with, old.verdict AS verdict_before, now.verdict,
  old.status AS status_before, now.status, old.accounts AS accounts_before, now.accounts,
  old.exchanges AS exchanges_before, now.exchanges
FROM attribution.campaigns_current AS now
JOIN attribution.campaigns AS old ON old.campaign_id = now.campaign_id AND old.as_of_date = (SELECT night FROM before)
WHERE old.verdict <> now.verdict OR old.status <> now.status OR old.accounts <> now.accounts
ORDER BY now.likelihood DESC, now.exchanges DESC, now.campaign_id
