"""Apps made from one function, and their building blocks: interfaces, chats, examples, flagging."""
