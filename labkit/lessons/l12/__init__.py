"""Lesson 12: Three people, no truth."""
