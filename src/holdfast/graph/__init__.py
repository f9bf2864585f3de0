"""What an app is: blocks, their layout and the listeners between them, frozen into one spec. Nothing runs here."""
