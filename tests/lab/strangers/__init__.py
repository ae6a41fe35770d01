"""Synthetic worlds for a fraud-detection batch pipeline, written by strangers to it.

A *world* is a few days of an AI service's customers: an ordinary population, groups of innocents who act alike for an innocent
cause, and groups of accounts that one operator runs to copy a model.  The package knows the pipeline's input contract and the
published facts about such campaigns, and nothing of how the pipeline decides.

Where to begin: `group` is the language the stories are told in, `innocent/` and `operators/` are the stories, `habits` are second
habits laid over them, `personas` are the ordinary people, `population` fills a `world`, `deliver` writes it, `check` compares what
was written with the contract, and `catalogue` prints the list of stories.  Nothing is labelled in the raw zone; who belongs to
which group, and why, is in `OUT/truth/accounts.parquet` alone.
"""
