"""The app's public endpoints as tools of the Model Context Protocol."""
