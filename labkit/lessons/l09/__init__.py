"""Lesson 09: Can we undo the noise?"""
