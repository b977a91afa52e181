"""The calling rules that come with the dialer, one file for each country, and the reader of these and of your own."""
