"""Tools that are no part of the product: a real cluster, images, the demo."""
