"""The web dashboard: what the home knows, as pages that can be opened again, for people who came from Slack."""
