"""The built-in sectors. Each is registered through the entry-point group ``tongqu.sectors``, as plug-ins are."""
