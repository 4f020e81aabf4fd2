"""The one place that builds and wires everything: one module per role, and the engines' configuration."""
