"""Why did it ring, or not? What every call keeps of itself, and how that is told (requirement +1, record 0027)."""
