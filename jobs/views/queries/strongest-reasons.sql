-- One row per reason: the three strongest pieces of evidence for, and the three strongest against, of every accused campaign.
WITH pieces AS (
  SELECT e.campaign_id, CASE WHEN e.bits > 0 THEN 'for' ELSE 'against' END AS side, e.line, e.signal, e.bits, e.explanation,
    row_number() OVER (PARTITION BY e.campaign_id, e.bits > 0 ORDER BY abs(e.bits) DESC, e.evidence_id) AS place
  FROM attribution.campaign_evidence_current AS e
  WHERE e.subject_kind = 'campaign' AND e.line <> 'prior' AND e.bits <> 0
)
SELECT c.name, c.campaign_id, p.side, p.place, p.line, p.signal, p.bits, p.explanation
FROM pieces AS p
JOIN attribution.campaigns_current AS c ON c.campaign_id = p.campaign_id
WHERE p.place <= 3 AND c.verdict IN ('deliberate', 'suspicious')
ORDER BY c.likelihood DESC, c.exchanges DESC, c.campaign_id, p.side DESC, p.place
