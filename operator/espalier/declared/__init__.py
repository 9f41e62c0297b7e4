"""What a class of settings declares of itself: bounds, words, rules. Pure.

Everything that is said about settings elsewhere (models, CEL, checks, reference pages) is made from
these declarations.
"""
