-- One row per campaign id that merged into another, with the id that stands for it today, however many mergers ago.
WITH RECURSIVE last_word AS (
  SELECT campaign_id, event, other_campaign_id,
    row_number() OVER (PARTITION BY campaign_id ORDER BY as_of_date DESC, event DESC) AS place
  FROM attribution.campaign_lineage
  WHERE event IN ('born', 'continued', 'merged_into')
), moved AS (
  SELECT campaign_id, other_campaign_id AS went_into FROM last_word WHERE place = 1 AND event = 'merged_into'
), way AS (
  SELECT campaign_id AS old_id, went_into AS campaign_id, 1 AS steps FROM moved
  UNION ALL
  SELECT way.old_id, moved.went_into, way.steps + 1 FROM way JOIN moved ON moved.campaign_id = way.campaign_id
)
SELECT way.old_id, way.campaign_id, way.steps
FROM way
JOIN (SELECT old_id, max(steps) AS steps FROM way GROUP BY old_id) AS longest
  ON longest.old_id = way.old_id AND longest.steps = way.steps
ORDER BY way.old_id
