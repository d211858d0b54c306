"""What people ask the bot for: the stream of chat events, read into the lake."""
