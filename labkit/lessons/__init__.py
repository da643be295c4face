"""A room for each lesson: what it computes, its panel, its figures, its exercises and its stored pictures."""
