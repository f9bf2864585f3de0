"""`holdfast state`: look at what a store keeps, and tend it."""
