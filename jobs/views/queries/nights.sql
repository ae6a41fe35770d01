-- One row per published night, newest first: what came in, whether it is stale and why, and how many checks failed.
SELECT r.as_of_date, r.run_id, r.published_at, r.knows_deliveries_to, r.rows_in, r.rows_rejected, r.rows_duplicate, r.stale,
  r.stale_because, count(q.expectation) AS failed_checks
FROM attribution.runs AS r
LEFT JOIN attribution.data_quality AS q ON q.as_of_date = r.as_of_date AND NOT q.success
GROUP BY r.as_of_date, r.run_id, r.published_at, r.knows_deliveries_to, r.rows_in, r.rows_rejected, r.rows_duplicate, r.stale,
  r.stale_because
ORDER BY r.as_of_date DESC
