"""From the marts to those who read them: snapshots for any tool, documents for the bot."""
