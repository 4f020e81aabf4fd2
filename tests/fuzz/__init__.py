"""Coverage-guided fuzzing of everything that strangers, stations, browsers and engines may send (docs/fuzzing.md)."""
