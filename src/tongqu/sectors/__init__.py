"""The built-in sectors, registered through the entry-point group ``tongqu.sectors`` as plug-ins are."""
