"""From the lake to similarity marts: dbt's models, and the fitted model they read."""
