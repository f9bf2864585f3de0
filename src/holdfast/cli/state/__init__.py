"""`holdfast state`: inspect and maintain the contents of a store."""
