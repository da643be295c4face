"""Lesson 05: Where do clean points live?"""
