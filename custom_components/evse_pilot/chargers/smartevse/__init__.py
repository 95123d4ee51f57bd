"""SmartEVSE v3: local REST, one GET tells all."""
