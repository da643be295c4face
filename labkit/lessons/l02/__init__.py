"""Lesson 02: Why does the network believe wrong labels last?"""
