-- One row per accused campaign and actor who may be behind it, with what supports and what contradicts it.
SELECT c.name, c.campaign_id, a.actor, a.level, a.likelihood, a.analytic_confidence, a.supporting, a.contradicting, a.basis
FROM attribution.campaign_attributions_current AS a
JOIN attribution.campaigns_current AS c ON c.campaign_id = a.campaign_id
WHERE c.verdict IN ('deliberate', 'suspicious')
ORDER BY c.campaign_id, a.likelihood DESC, a.actor, a.level
