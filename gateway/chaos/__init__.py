"""Faults and kills under load, judged."""
