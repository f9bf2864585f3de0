"""Logins: access to an app, and the identity of a request's sender."""
