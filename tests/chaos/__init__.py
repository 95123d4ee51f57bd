"""Chaos: what no test has asked for, at random, with a seed that repeats it."""
