"""Tables of the knowledge graph: nodes, edges and names, each with the time it held and the time it was known."""
