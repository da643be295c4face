"""Lesson 03: What should a loss forgive?"""
