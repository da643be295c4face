"""Lesson 10: What if the target is a number?"""
