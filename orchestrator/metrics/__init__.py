"""Figures for how good a restyled video is, each checked against an independent reference."""
