"""Runs the stages of the method in order, each as its own process."""
