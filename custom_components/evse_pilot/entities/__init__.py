"""Descriptions of entities, and the entities made of them."""
