"""The JSON API for the province's other systems: routes.py lists all of it, door.py says who comes in."""
