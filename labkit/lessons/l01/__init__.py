"""Lesson 01: What is a wrong label?"""
