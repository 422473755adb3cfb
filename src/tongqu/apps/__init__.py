"""The faces of Tongqu: the command line."""
