-- One row per accused campaign at work of which no analyst has decided yet, the most likely and largest first.
SELECT c.name, c.campaign_id, c.verdict, c.likelihood, c.likelihood_words, c.analytic_confidence, c.accounts, c.exchanges,
  c.billed_cost, c.billing_currency, c.first_activity, c.last_activity
FROM attribution.campaigns_current AS c
WHERE c.verdict IN ('deliberate', 'suspicious') AND c.status = 'active' AND NOT EXISTS (
  SELECT 1 FROM attribution.campaign_evidence_current AS e
  WHERE e.campaign_id = c.campaign_id AND e.subject_kind = 'campaign' AND e.line = 'decision'
)
ORDER BY c.likelihood DESC, c.exchanges DESC, c.campaign_id
