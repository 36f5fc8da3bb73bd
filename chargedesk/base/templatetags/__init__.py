"""Template tags every page may use: money, moments, icons, form fields."""
