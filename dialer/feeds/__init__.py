"""Files and tables that clients send and get: pulled and returned by schedule, tried again, logged."""
