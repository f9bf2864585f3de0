"""Files between browser and handler: rules, downloads from URLs, the cache, and retention."""
