"""Campaigns: groups with a profile, their members, identity over time, intent, attribution and rank."""
