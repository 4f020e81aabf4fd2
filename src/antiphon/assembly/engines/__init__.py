"""The engines and roles of one installation: rendered configuration, supervision, health."""
