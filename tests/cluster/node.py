from tests.cluster.layout import Kind
def enter(layout):
    return []
def supervision(layout):
    return None
