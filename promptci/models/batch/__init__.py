"""Batch APIs of OpenAI's protocol: many questions in one file, answered within a day, mostly at half the price.

Files, batches, their states and their limits: OpenAI's API reference, "Batch" and "Files", 2026.
"""
