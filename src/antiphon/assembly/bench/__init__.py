"""Benchmarks: each starts what it needs beside every existing installation, measures, and judges its own aims."""
