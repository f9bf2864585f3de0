"""The API of an app: endpoints, their descriptions, and code that calls them."""
