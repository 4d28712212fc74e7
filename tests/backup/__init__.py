"""Tests of the package backup."""
