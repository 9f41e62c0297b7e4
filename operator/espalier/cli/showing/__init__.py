"""How views are shown: formats, tables that fit the terminal, words and small drawings."""
