"""Whole apps from one function, and what they are made of: interfaces, chats, examples, flagging."""
