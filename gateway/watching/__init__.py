"""What a desk tells people: its state, its flow, its orders, what was earned."""
