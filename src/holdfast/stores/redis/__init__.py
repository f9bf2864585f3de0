"""A store in Redis or Valkey, shared by any number of processes on any number of machines."""

from holdfast import lazy

__getattr__, __dir__ = lazy.attach(__name__, {"RedisStore": "holdfast.stores.redis.store"})
