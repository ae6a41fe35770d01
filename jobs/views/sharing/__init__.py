"""What others may be told of a campaign: STIX 2.1 bundles and blocklists, from the published tables."""
