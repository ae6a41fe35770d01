-- One row per account to look at first: the ten operated accounts with the most exchanges of every accused campaign.
WITH members AS (
  SELECT m.campaign_id, m.account_id, m.membership, m.joined_on, m.last_activity, m.exchanges_attributed,
    row_number() OVER (PARTITION BY m.campaign_id ORDER BY m.exchanges_attributed DESC, m.account_id) AS place
  FROM attribution.campaign_members_current AS m
  WHERE m.role = 'operated'
)
SELECT c.name, c.campaign_id, m.place, m.account_id, m.membership, m.exchanges_attributed, m.joined_on, m.last_activity
FROM members AS m
JOIN attribution.campaigns_current AS c ON c.campaign_id = m.campaign_id
WHERE m.place <= 10 AND c.verdict IN ('deliberate', 'suspicious')
ORDER BY c.likelihood DESC, c.exchanges DESC, c.campaign_id, m.place
