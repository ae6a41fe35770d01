-- One row per campaign that was first seen, split off, absorbed another or woke up on the newest night.
SELECT l.event, c.name, c.campaign_id, c.verdict, c.likelihood_words, c.analytic_confidence, c.accounts, c.exchanges
FROM attribution.campaign_lineage_current AS l
JOIN attribution.campaigns_current AS c ON c.campaign_id = l.campaign_id
WHERE l.event IN ('born', 'split_from', 'absorbed', 'revived')
ORDER BY c.likelihood DESC, c.exchanges DESC, c.campaign_id, l.event
