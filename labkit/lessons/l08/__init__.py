"""Lesson 08: Can the network learn whom to trust?"""
