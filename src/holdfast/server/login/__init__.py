"""Logins: who may use an app, and who is asking."""
