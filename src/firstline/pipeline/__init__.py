"""The stages of a ticket, their order, and the engine that makes them durable."""
