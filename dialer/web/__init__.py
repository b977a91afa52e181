"""The console: pages, the API under /api/v1 and one WebSocket. It shows and asks; deciding and SQL are others' work."""
