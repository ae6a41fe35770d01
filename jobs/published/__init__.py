"""Published: what a consumer was promised. Modules choose, rename and redact; they compute nothing new."""
