"""SmartEVSE v3 over its local REST API."""
