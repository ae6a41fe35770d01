-- One row per accused campaign and day of the window: what it asked, and what it was answered.
SELECT c.name, c.campaign_id, d.activity_date, CAST(sum(d.exchanges) AS BIGINT) AS exchanges,
  CAST(sum(d.input_tokens) AS BIGINT) AS input_tokens, CAST(sum(d.output_tokens) AS BIGINT) AS output_tokens
FROM attribution.campaign_daily_current AS d
JOIN attribution.campaigns_current AS c ON c.campaign_id = d.campaign_id
WHERE c.verdict IN ('deliberate', 'suspicious')
GROUP BY c.name, c.campaign_id, d.activity_date
ORDER BY c.campaign_id, d.activity_date
