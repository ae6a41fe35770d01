-- One row per account whose key a campaign uses without being its own: warn its owner, do not ban it.
SELECT c.name, c.campaign_id, m.account_id, m.membership, m.exchanges, m.exchanges_attributed, m.first_activity, m.last_activity
FROM attribution.campaign_members_current AS m
JOIN attribution.campaigns_current AS c ON c.campaign_id = m.campaign_id
WHERE m.role = 'victim' AND c.verdict IN ('deliberate', 'suspicious')
ORDER BY c.campaign_id, m.exchanges_attributed DESC, m.account_id
