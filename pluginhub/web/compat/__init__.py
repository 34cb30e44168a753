"""The API of the existing frontend, under ``/api/v1``."""
