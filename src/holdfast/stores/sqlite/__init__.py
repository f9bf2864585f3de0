"""A store in one SQLite file, shared by the processes of one machine."""

from holdfast import lazy

__getattr__, __dir__ = lazy.attach(__name__, {"SqliteStore": "holdfast.stores.sqlite.store"})
