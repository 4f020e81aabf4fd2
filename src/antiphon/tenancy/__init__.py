"""Companies, projects, sites, people, passwords and tokens."""
