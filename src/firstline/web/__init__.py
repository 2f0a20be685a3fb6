"""The console, the API and the chat: where people work. Server-rendered; a script only adds."""
