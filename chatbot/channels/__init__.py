"""One module per channel: what it was sent → Question, Answer → what it shows, within its limits.

Channels decide nothing about music; that is `chatbot/bot.py`.
"""
