"""The structure of an app: blocks, their layout and listeners, frozen into one spec. Nothing runs here."""
