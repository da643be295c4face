"""Lesson 07: Which parameters matter?"""
