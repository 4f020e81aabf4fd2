"""Benchmarks: each starts what it needs beside every existing installation, measures, and judges its own aims."""

#from antiphon.assembly.bench.command import run

#__all__ = ["run"]
