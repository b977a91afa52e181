"""The demo: its list of people, its robots at their desks, what it judges, and a whole run."""
