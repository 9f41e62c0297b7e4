"""What is shown of a study: plain JSON values, worked out of its log. Pure.

The read API, its page and the commands show the same views, so that no two of them tell other
numbers.
"""
