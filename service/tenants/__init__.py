"""For which site: the configured tenants, their presets and budgets, and how they are reloaded."""
