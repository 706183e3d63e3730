"""What a benefit still allows a person, a family or a house this fiscal year (process.md section 9)."""
