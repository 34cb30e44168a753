"""EVENTS: what happened, told to listeners as it happens, and sent to webhooks."""
