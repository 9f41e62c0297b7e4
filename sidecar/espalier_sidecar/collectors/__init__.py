"""Where values come from besides posts to localhost: one module for each type of collector.

`base` says what a collector is; `table` names the modules, which are imported when used.
"""
