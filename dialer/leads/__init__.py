"""Lists of people to call: numbers, files in, files out. What becomes of a lead after a call is `dialer.core.leads`."""
