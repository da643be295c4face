"""Lesson 11: What changes when people make the mistakes?"""
