"""How a command line becomes a call of a task: starting Fabric, the executor, and the parser of words."""
