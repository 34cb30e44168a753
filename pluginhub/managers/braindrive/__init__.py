"""Runs the lifecycle managers of BrainDrive's plugins, which need not be changed for it."""
