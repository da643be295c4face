"""Lesson 06: What does the Jacobian know?"""
