"""The API of an app: its endpoints, their description, and code that calls them."""
