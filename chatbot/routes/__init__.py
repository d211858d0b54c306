"""The addresses of the bot, a file for each channel; `app.py` puts them together."""
