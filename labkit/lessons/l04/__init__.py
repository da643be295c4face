"""Lesson 04: Whom do you trust in a batch?"""
